/**
 * Our own bugs stop the world: an InvariantError carries a stable slug and the numbers that disagree. The world adds
 * the seed and tick. Nothing inside the engine catches it.
 */
export class InvariantError extends Error {
  readonly slug: string;
  readonly details: Readonly<Record<string, number | string>>;

  constructor(slug: string, details: Readonly<Record<string, number | string>> = {}) {
    const shown = Object.entries(details)
      .map(([k, v]) => `${k}=${v}`)
      .join(' ');
    super(`invariant broken: ${slug}${shown === '' ? '' : ` (${shown})`}`);
    this.name = 'InvariantError';
    this.slug = slug;
    this.details = details;
  }
}

export function assert(
  condition: boolean,
  slug: string,
  details?: Readonly<Record<string, number | string>>,
): asserts condition {
  if (!condition) throw new InvariantError(slug, details);
}
