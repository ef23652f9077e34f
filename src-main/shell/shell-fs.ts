/**
 * The files that the shell's commands see: the guest's own interfaces (/proc, /sys, /dev/kmsg), and a file system in
 * memory for everything else (/root, /tmp).
 *
 * (a) Opening a file for writing, which the interpreter does by writing nothing, is not a write: it fails where
 *     open(2) would, and has no effect on the guest.
 * (b) A write to a guest file is one write(2) of the whole text, then one of the part that was not taken.
 * (c) A write that fails in the guest is recorded, not thrown: an error thrown into the interpreter's redirections
 *     would end the whole line. `takeFailures` returns the record; the command wrapped around each redirection
 *     (rewrite.ts) calls it.
 * (d) Files of the guest cannot be created, removed, renamed or given another mode.
 */
import { InMemoryFs } from 'just-bash/browser';
import type { BufferEncoding, CpOptions, FileContent, FsStat, IFileSystem, MkdirOptions, RmOptions } from 'just-bash';
import type { Errno } from '../engine/index.ts';
import { MAX_FILE_BYTES } from './limit.ts';
import { errnoText, type FilesToRead, isGuestPath, type ShellHost, writeAll } from './host.ts';

/** Every file of a guest is as old as its boot. */
const BOOT = new Date(0);
const FOLDERS = ['/bin', '/usr/bin', '/root', '/tmp', '/dev'];

export interface Failure {
  readonly path: string;
  readonly errno: Errno;
}

/** The shape in which the package's commands understand errors. */
class FileError extends Error {
  readonly code: Errno;

  constructor(code: Errno, call: string, path: string) {
    super(`${code}: ${errnoText(code).toLowerCase()}, ${call} '${path}'`);
    this.code = code;
  }
}

const parentOf = (path: string): string => path.replace(/\/[^/]*$/, '') || '/';

export class ShellFs implements IFileSystem {
  readonly #host: ShellHost;
  readonly #memory = new InMemoryFs(undefined, { maxTotalBytes: MAX_FILE_BYTES });
  #refusedOpens: Failure[] = [];
  #failures: Failure[] = [];

  constructor(host: ShellHost) {
    this.#host = host;
    for (const folder of FOLDERS) this.#memory.mkdirSync(folder, { recursive: true });
    this.#memory.writeFileSync('/dev/null', '');
  }

  /** The interpreter looks its commands up along PATH, and puts them there with this. */
  writeFileSync(path: string, content: string): void {
    this.#memory.writeFileSync(path, content);
    void this.#memory.chmod(path, 0o755);
  }

  /** Writes that the guest refused since this was last asked. */
  takeFailures(): readonly Failure[] {
    const failures = this.#failures;
    this.#failures = [];
    return failures;
  }

  /** Files that could not be opened for writing since this was last asked, in order. */
  takeRefusedOpens(): readonly Failure[] {
    const refused = this.#refusedOpens;
    this.#refusedOpens = [];
    return refused;
  }

  get #files(): FilesToRead {
    return this.#host.files();
  }

  resolvePath(base: string, path: string): string {
    return this.#memory.resolvePath(base, path);
  }

  #normal(path: string): string {
    return this.#memory.resolvePath('/', path);
  }

  /** As #normal; null when it is no guest path. */
  #guest(path: string): string | null {
    const normal = this.#normal(path);
    return isGuestPath(normal) ? normal : null;
  }

  async readFile(path: string, options?: Parameters<IFileSystem['readFile']>[1]): Promise<string> {
    const guest = this.#guest(path);
    if (guest === null) return this.#memory.readFile(path, options);
    await this.#host.breathe();
    const read = this.#files.read(guest);
    if (!read.ok) throw new FileError(read.errno, 'open', path);
    return read.text;
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    if (this.#guest(path) === null) return this.#memory.readFileBuffer(path);
    return new TextEncoder().encode(await this.readFile(path));
  }

  async writeFile(path: string, content: FileContent, options?: { encoding?: BufferEncoding } | BufferEncoding) {
    const guest = this.#guest(path);
    if (guest === null) return this.#toMemory(path, () => this.#memory.writeFile(path, content, options));
    this.#toGuest(guest, content);
  }

  async appendFile(path: string, content: FileContent, options?: { encoding?: BufferEncoding } | BufferEncoding) {
    const guest = this.#guest(path);
    if (guest === null) return this.#toMemory(path, () => this.#memory.appendFile(path, content, options));
    this.#toGuest(guest, content);
  }

  /** The memory would make missing folders, and files without a mode; a system does not. */
  async #toMemory(path: string, write: () => Promise<void>): Promise<void> {
    const normal = this.#normal(path);
    if (normal === '/dev/null') return;
    if (!(await this.#memory.exists(parentOf(normal)))) this.#refuse(normal, 'ENOENT');
    await write();
  }

  #toGuest(path: string, content: FileContent): void {
    const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
    if (text === '') return this.#open(path);
    const errno = writeAll(this.#host, path, text);
    if (errno !== null) this.#failures.push({ path, errno });
  }

  /** open(2) for writing, with O_CREAT and O_TRUNC. */
  #open(path: string): void {
    const real = this.#files.resolve(path);
    if (real !== null) {
      if (this.#files.stat(real)?.kind === 'dir') this.#refuse(path, 'EISDIR');
      return;
    }
    const folder = this.#files.resolve(parentOf(path));
    this.#refuse(path, folder === null || path.startsWith('/proc') ? 'ENOENT' : 'EACCES');
  }

  #refuse(path: string, errno: Errno): never {
    this.#refusedOpens.push({ path, errno });
    throw new FileError(errno, 'open', path);
  }

  async exists(path: string): Promise<boolean> {
    const guest = this.#guest(path);
    return guest === null ? this.#memory.exists(path) : this.#files.resolve(guest) !== null;
  }

  async stat(path: string): Promise<FsStat> {
    const guest = this.#guest(path);
    if (guest === null) return this.#memory.stat(path);
    const real = this.#files.resolve(guest);
    if (real === null) throw new FileError('ENOENT', 'stat', path);
    return this.#statOf(real, path);
  }

  async lstat(path: string): Promise<FsStat> {
    const guest = this.#guest(path);
    return guest === null ? this.#memory.lstat(path) : this.#statOf(guest, path);
  }

  #statOf(guest: string, path: string): FsStat {
    const stat = this.#files.stat(guest);
    if (stat === null) throw new FileError('ENOENT', 'stat', path);
    const { kind, mode, size } = stat;
    return {
      isFile: kind === 'file',
      isDirectory: kind === 'dir',
      isSymbolicLink: kind === 'link',
      mode,
      size,
      mtime: BOOT,
      identity: guest,
    };
  }

  async readdir(path: string): Promise<string[]> {
    const guest = this.#guest(path);
    if (guest !== null) {
      const names = this.#files.list(guest);
      if (names === null)
        throw new FileError(this.#files.resolve(guest) === null ? 'ENOENT' : 'ENOTDIR', 'scandir', path);
      return [...names];
    }
    const names = await this.#memory.readdir(path);
    const own = { '/': ['proc', 'sys'], '/dev': ['kmsg'] }[this.#normal(path)] ?? [];
    // Commands that are not for people (rewrite.ts).
    return [...new Set([...names, ...own])].filter((name) => !name.startsWith('__')).sort();
  }

  async realpath(path: string): Promise<string> {
    const guest = this.#guest(path);
    if (guest === null) return this.#memory.realpath(path);
    const real = this.#files.resolve(guest);
    if (real === null) throw new FileError('ENOENT', 'realpath', path);
    return real;
  }

  async readlink(path: string): Promise<string> {
    const guest = this.#guest(path);
    if (guest === null) return this.#memory.readlink(path);
    const stat = this.#files.stat(guest);
    if (stat?.target === undefined) throw new FileError(stat === null ? 'ENOENT' : 'EINVAL', 'readlink', path);
    return stat.target;
  }

  getAllPaths(): string[] {
    return this.#memory.getAllPaths();
  }

  async mkdir(path: string, options?: MkdirOptions): Promise<void> {
    this.#notOfGuest('mkdir', path);
    await this.#memory.mkdir(path, options);
  }

  async rm(path: string, options?: RmOptions): Promise<void> {
    this.#notOfGuest('unlink', path);
    await this.#memory.rm(path, options);
  }

  async cp(from: string, to: string, options?: CpOptions): Promise<void> {
    if (this.#guest(from) === null && this.#guest(to) === null) return this.#memory.cp(from, to, options);
    if ((await this.stat(from)).isDirectory) throw new FileError('EISDIR', 'copyfile', from);
    const guest = this.#guest(to);
    const text = await this.readFile(from);
    if (guest === null) return this.writeFile(to, text);
    const errno = writeAll(this.#host, guest, text);
    if (errno !== null) throw new FileError(errno, 'copyfile', to);
  }

  async mv(from: string, to: string): Promise<void> {
    this.#notOfGuest('rename', from, to);
    await this.#memory.mv(from, to);
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.#notOfGuest('chmod', path);
    await this.#memory.chmod(path, mode);
  }

  async symlink(target: string, path: string): Promise<void> {
    this.#notOfGuest('symlink', path);
    await this.#memory.symlink(target, path);
  }

  async link(from: string, to: string): Promise<void> {
    this.#notOfGuest('link', from, to);
    await this.#memory.link(from, to);
  }

  async utimes(path: string, atime: Date, mtime: Date): Promise<void> {
    if (this.#guest(path) === null) await this.#memory.utimes(path, atime, mtime);
  }

  #notOfGuest(call: string, ...paths: readonly string[]): void {
    const guest = paths.find((path) => this.#guest(path) !== null);
    if (guest !== undefined) throw new FileError('EACCES', call, guest);
  }
}
