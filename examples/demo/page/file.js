// Takes the file from its channel and hashes it piece by piece.

const hex = (digest) =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Reads `stream` to its end. Each message is copied into one buffer, so that its own can go at
 * once; a full buffer is hashed, and the hash sent to Go. The loop waits for the digest before the
 * last: hashing that is slower than the channel slows Go down. `on.bytes(total)` is called
 * for each message, `on.hash(piece, sha256)` for each piece.
 */
export async function receive(stream, file, on) {
  const buffer = new Uint8Array(Math.min(file.pieceBytes, file.size));
  let filled = 0;
  let total = 0;
  let piece = 0;
  let hashing = Promise.resolve();

  const seal = async () => {
    await hashing;
    const about = { piece: piece++, bytes: filled };
    // digest copies what it is given before it returns: the buffer is free again.
    const digest = crypto.subtle.digest('SHA-256', buffer.subarray(0, filled));
    filled = 0;
    hashing = digest.then((bytes) => {
      const sha256 = hex(bytes);
      on.hash(about.piece, sha256);
      return stream.send({ ...about, sha256 });
    });
  };

  if (file.size === 0) await seal();
  for await (const message of stream) {
    total += message.length;
    if (total > file.size) throw new Error(`more than the file's ${file.size} bytes have come`);
    for (let at = 0; at < message.length; ) {
      const n = Math.min(message.length - at, buffer.length - filled);
      buffer.set(message.subarray(at, at + n), filled);
      filled += n;
      at += n;
      if (filled === buffer.length) await seal();
    }
    if (total === file.size && filled > 0) await seal();
    on.bytes(total);
  }
  await hashing;
}
