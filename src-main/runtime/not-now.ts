/** What was asked for cannot be done as the run stands; nobody's fault. Known by its name, which crosses threads. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
}

export const isNotNow = (error: unknown): error is Error => error instanceof Error && error.name === 'NotNow';
