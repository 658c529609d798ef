/** Requests AI inference on OPG Chain, and checks what comes of it. For browsers and Node. */

export * from './errors.js';
export { fromHex, toHex } from './hex.js';
export { OpgRpc, type ModelName } from './opg-rpc.js';
export { Rpc, type News, type RpcOptions } from './rpc.js';
export type * as schema from './schema.js';
export * from './tensors.js';
