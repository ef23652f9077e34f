/** What of the document a dialog changes by hand. */
export type EditTarget =
  | { readonly form: 'vm'; readonly vm: string; readonly part?: EditPart }
  | { readonly form: 'place'; readonly vm: string }
  | { readonly form: 'removeVm'; readonly vm: string }
  | { readonly form: 'addVm' }
  | { readonly form: 'addHost' }
  | { readonly form: 'addLink' }
  | { readonly form: 'removeHost'; readonly host: string }
  | { readonly form: 'link'; readonly link: string }
  | { readonly form: 'removeLink'; readonly link: string };

export type EditPart = 'memory' | 'cpus' | 'writes';
