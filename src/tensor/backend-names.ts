/** The backends by name, in order of preference. Apart from what opens them, so that checking a name loads none. */
export const backendNames = ['tfjs-node-gpu', 'tfjs-node', 'webgpu', 'wasm', 'cpu'] as const;
/** The name of a backend. */
export type BackendName = (typeof backendNames)[number];
