/** Every command of the window: the shared table of what there is, with what each one does here. */
import { WINDOW_COMMAND_IDS, WINDOW_COMMANDS } from '../../shared/protocol/window-command.ts';
import type { WindowCommandGroup } from '../../shared/protocol/window-command.ts';
import type { App } from './app.svelte.ts';
import { commandHandlers } from './command-handlers.ts';
import { openExample } from './documents.ts';
import type { WindowCommand } from './window-command.ts';

export function createCommands(app: App): readonly WindowCommand[] {
  const handlers = commandHandlers(app);
  return WINDOW_COMMAND_IDS.map((id): WindowCommand => {
    const info = WINDOW_COMMANDS[id];
    const { title = () => info.title, enabled = () => !app.lost, checked = () => null, run } = handlers[id];
    return {
      ...{ id, group: info.group, keys: info.keys, title, enabled, checked },
      run: () => (enabled() ? run() : undefined),
    };
  });
}

/** Commands that the palette has besides: one for each VM, host and example. */
export function namedCommands(app: App): readonly WindowCommand[] {
  const command = (
    id: string,
    group: WindowCommandGroup,
    title: string,
    run: () => unknown,
    idle = true,
  ): WindowCommand => {
    const enabled = (): boolean => !app.lost && (!idle || app.document?.busy == null);
    return { id, group, title: () => title, keys: [], enabled, checked: () => null, run: () => enabled() && run() };
  };
  const guests = app.document?.inputs.guests ?? [];
  const examples = app.start?.examples ?? [];
  const several = (app.frame?.header.hosts.length ?? 1) > 1;
  return [
    ...guests.flatMap(({ name }, guest) => [
      command(`vm.show.${guest}`, 'VM', `Show ${name}`, () => app.showGuest(guest, 'guest'), false),
      ...(guest === app.guest
        ? [] // The command with the key is of this one.
        : [command(`vm.console.${guest}`, 'VM', `Open the console of ${name}`, () => app.openConsole(guest), false)]),
      command(`vm.compact.${guest}`, 'VM', `Compact ${name}…`, () => app.openDialog('compact', name)),
      ...(several
        ? [command(`vm.migrate.${guest}`, 'VM', `Migrate ${name} to…`, () => app.openDialog('migrate', name))]
        : []),
    ]),
    ...guests.flatMap(({ name }, guest) =>
      guest === app.guest
        ? []
        : [command(`vm.edit.${guest}`, 'VM', `Edit ${name}…`, () => app.openEdit({ form: 'vm', vm: name }))],
    ),
    ...(app.stated.answer?.notPlaced ?? []).map(({ vm: { name } }, i) =>
      command(`vm.place.${i}`, 'VM', `Place ${name}…`, () => app.openEdit({ form: 'place', vm: name })),
    ),
    ...(app.document?.inputs.links ?? []).flatMap(({ name }, i) => [
      command(`link.edit.${i}`, 'Edit', `Set the rate of link ${name}…`, () =>
        app.openEdit({ form: 'link', link: name }),
      ),
      command(`link.remove.${i}`, 'Edit', `Remove link ${name}…`, () =>
        app.openEdit({ form: 'removeLink', link: name }),
      ),
    ]),
    ...examples.map(({ id, name }) =>
      command(`file.example.${id}`, 'File', `Open example ${name}`, () => openExample(app, id), false),
    ),
  ];
}
