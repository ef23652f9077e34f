/** Permissions of what only this user may read. */
export const PRIVATE_FOLDER = 0o700;
/** Of files in a private folder. */
export const PRIVATE_FILE = 0o600;
