/** A WebSocket for Node, whose version 20 has none of its own. */

import { WebSocket as WebSocketOfNode } from 'ws';

const WebSocketClass = WebSocketOfNode as unknown as typeof WebSocket;
export default WebSocketClass;
