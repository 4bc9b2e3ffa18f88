// The plain values that pass between the kernel and the page. All offsets are code points.

export type Dimension = "stage" | "touchpoint" | "valence" | "emotion" | "theme";
export type Status = "accepted" | "rejected" | "cleared";

export interface Stretch { id: string; start: number; end: number }
export interface Turn {
  i: number; speaker: string; role: string; text: string;
  start_s: number | null; end_s: number | null; units: Stretch[];
}
export interface Span extends Stretch { turn: number }

export interface Mine { value: string; status: Status; memo?: string; flagged?: string }
export interface Guess { value: string; confidence: number | null; coder: string }
export interface Other { coder: string; dimension: string; value: string; memo?: string }
export interface Past { at?: string; coder: string; dimension: string; value: string; status?: string }
export interface State {
  mine: Record<string, Mine>; machine: Record<string, Guess>; others: Other[];
  themes: { value: string; memo: string }[];
  unsure: boolean; negative: boolean; memo: string; history?: Past[];
}

export interface Progress { coded: number; total: number; spans: number }
export interface Interview {
  id: string; participant: string; version: string | number; turns: Turn[]; spans: Span[];
  states: Record<string, State>; progress: Progress; undo?: boolean; redo?: boolean;
}
export interface Stage {
  name: string; side: string; brief: string; definition: string;
  include: string[]; exclude: string[]; examples: string[]; touchpoints: string[];
}
export interface Codebook {
  name: string; version: string | number; stages: Stage[]; emotions: string[]; themes: string[];
}
export interface Settings {
  study?: string; coder: string; blind: boolean; done: boolean; can_edit: boolean;
  dimensions?: string[]; panel?: boolean; assigned?: boolean;
}

export interface Change {
  unit_id: string; dimension: string; value: string; status: Status; memo: string;
}
export interface Message {
  kind: "act" | "span" | "undo" | "redo" | "explain" | "done" | "reload";
  id?: string; unit_id?: string; changes?: Partial<Change>[];
  turn?: number; start?: number; end?: number;
}
export interface Reply {
  kind: "saved" | "refused" | "explained" | "interview";
  id?: string; why?: string; states?: Record<string, State>; spans?: Span[]; progress?: Progress;
  undo?: boolean; redo?: boolean; unit_id?: string; retry?: boolean; words?: Moved[]; valence?: number | null;
  interview?: Interview; settings?: Settings; codebook?: Codebook;
}
export interface Moved { start: number; end: number; shift: number }

/** What one store tells its views. */
export type News =
  | { kind: "all" } | { kind: "spans"; turns: number[] } | { kind: "states"; ids: string[] }
  | { kind: "save" } | { kind: "explained"; id: string } | { kind: "say"; text: string }
  | { kind: "moved"; id: string };

/** A unit or a free span, where it lies, and what draws it. */
export interface Item {
  id: string; turn: number; start: number; end: number; free: boolean; n: number;
  node?: HTMLElement;
}
/** A text node of a turn and where it starts there (UTF-16). */
export interface Piece { node: Text; at: number }

export interface Model {
  get(name: string): any;
  set(name: string, value: unknown): void;
  send(message: unknown): void;
  on(event: string, heard: (message: any) => void): void;
  off(event: string, heard?: (message: any) => void): void;
}
