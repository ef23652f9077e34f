/** Where the lanes of a map stand, in CSS pixels from the top of its canvas. */
import type { LaneBox } from './lane-painter.ts';

export interface LaneLayout {
  readonly H: LaneBox;
  readonly T: LaneBox;
  readonly A: LaneBox;
  readonly owed: LaneBox;
  readonly axisTop: number;
  readonly height: number;
}

const GAP = 4;
const AXIS = 20;
const OWED_SHARE = 0.12;

/** H and T are half as tall as A, where the life is; all whole pixels. */
export function laneLayout(height: number): LaneLayout {
  const room = Math.max(60, Math.floor(height) - AXIS - 3 * GAP);
  const owed = Math.min(44, Math.max(room < 170 ? 16 : 28, Math.round(room * OWED_SHARE)));
  const half = Math.floor((room - owed) / 4);
  const H = { top: 0, height: half };
  const T = { top: half + GAP, height: half };
  const A = { top: T.top + half + GAP, height: room - owed - 2 * half };
  const owedTop = A.top + A.height + GAP;
  return { H, T, A, owed: { top: owedTop, height: owed }, axisTop: owedTop + owed, height: room + AXIS + 3 * GAP };
}

/** The same in device pixels; lanes neither overlap nor leave their gaps. */
export function deviceLayout(layout: LaneLayout, ratio: number): LaneLayout {
  const scaled = ({ top, height }: LaneBox): LaneBox => {
    const first = Math.round(top * ratio);
    return { top: first, height: Math.round((top + height) * ratio) - first };
  };
  return {
    H: scaled(layout.H),
    T: scaled(layout.T),
    A: scaled(layout.A),
    owed: scaled(layout.owed),
    axisTop: Math.round(layout.axisTop * ratio),
    height: Math.round(layout.height * ratio),
  };
}
