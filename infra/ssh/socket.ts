import { connect, type Socket } from "node:net";

/**
 * Opens a TCP socket for a session: without Nagle's algorithm, which costs 40 ms per small packet, in the handshake
 * already; and with what is written in one go sent in one go, because ssh2 hands over each packet in three pieces
 * (measured: a system call for each of them is half of the cost of an upload).
 */
export function openSocket(place: { readonly host: string; readonly port: number }): Socket {
  return gathering(connect({ host: place.host, port: place.port, noDelay: true }));
}

function gathering(socket: Socket): Socket {
  const write = socket.write;
  let isGathering = false;
  const send = (): void => {
    isGathering = false;
    socket.uncork();
  };
  const gather = (...words: Parameters<Socket["write"]>): boolean => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(send);
    }
    return write.apply(socket, words);
  };
  socket.write = gather as Socket["write"];
  return socket;
}
