/**
 * The headers of everything that a shell serves to a window: one table, so that no shell is laxer than another.
 *
 * (a) The page runs our own scripts and styles and nothing else: no inline script or style, no eval, no other origin.
 * (b) Nothing is cached: a page never runs beside parts of another build, and nothing of a scenario stays on a disk.
 * (c) Nobody else may put the page into a frame or read it. The page may frame what lies below /preview/.
 */

const sources: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'font-src': "'self'",
  'connect-src': "'self'",
  'frame-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'object-src': "'none'",
  'frame-ancestors': "'none'",
};

const written = (policy: Readonly<Record<string, string>>): string =>
  Object.entries(policy)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');

export const PAGE_POLICY = written(sources);

/** Of what has no policy of its own and is no part of the page: it may show nothing and run nothing. */
export const NOTHING_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** What no part of the window needs. */
const REFUSED_FEATURES = [
  ...['camera', 'display-capture', 'geolocation', 'hid', 'microphone', 'midi', 'payment', 'serial', 'usb'],
  ...['screen-wake-lock', 'clipboard-read'],
];

const COMMON: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': REFUSED_FEATURES.map((name) => `${name}=()`).join(', '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
};

/** `own` comes from the desk for its previews: it may set the policy and nothing that is common. */
export function headersOf(
  mime: string,
  policy: string,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const lower = Object.fromEntries(Object.entries(own).map(([name, value]) => [name.toLowerCase(), value]));
  return { 'content-security-policy': policy, ...lower, ...COMMON, 'content-type': mime };
}
