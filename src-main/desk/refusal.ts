/** A request that was well formed and cannot be done as things stand. The text is for a person. */
export class Refusal extends Error {}
