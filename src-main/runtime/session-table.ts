/**
 * The types of the one table of what the thread of a session is asked: the requests of windows that are about the run, by
 * their names, and what the desk itself needs. session-methods.ts answers each; Session.ask carries any of them.
 */
import type { Answer, CheckedInput, RunRequestName } from '../../shared/protocol/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';

export interface FrameRequest {
  /** null: the present. Otherwise the recorded frame at this tick, or the last before it. */
  readonly at: number | null;
  /** The VM whose pageblocks are wanted; recorded frames have those of every VM. */
  readonly blocksOf: string | null;
}

/** What the desk itself asks. */
interface OwnMethods {
  /** encode(snapshot) of a frame, with its tick and hash chain. @param had the chain of one that is not wanted again. */
  frame(request: FrameRequest & { readonly had?: string | null }): {
    readonly tick: number;
    readonly chain: string;
    /** Null: it is the one that was had. */
    readonly bytes: Uint8Array | null;
  };
  /** The record of the run so far, as a report needs it. Ending: settled, or ticks. */
  record(input: null): RunRecord;
}

export type MethodName = RunRequestName | keyof OwnMethods;
export type MethodInput<N extends MethodName> = N extends RunRequestName
  ? CheckedInput<N>
  : N extends keyof OwnMethods
    ? Parameters<OwnMethods[N]>[0]
    : never;
export type MethodAnswer<N extends MethodName> = N extends RunRequestName
  ? Answer<N>
  : N extends keyof OwnMethods
    ? ReturnType<OwnMethods[N]>
    : never;

export type SessionMethods = {
  readonly [N in MethodName]: (input: MethodInput<N>) => MethodAnswer<N> | Promise<MethodAnswer<N>>;
};
