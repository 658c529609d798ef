/** The WebSocket of the browser. */

const WebSocketClass: typeof WebSocket = globalThis.WebSocket;
export default WebSocketClass;
