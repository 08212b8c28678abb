// A shard behind a message port, as it would be in a thread of its own: every message is cloned on its way, both ways. The ports are read at once, so
// that answers come before `post` returns.
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { ShardHost, ShardReceiver } from '#collector/shard/hosts/shard-link.ts';
import type { ShardInput, ShardOutput } from '#collector/shard/messages.ts';
import { Shard, type ShardStart, type ShardSurroundings } from '#collector/shard/shard.ts';

export class MessagePortShard implements ShardHost {
  /** Kinds of messages that have passed. */
  readonly inputs = new Set<string>();
  readonly outputs = new Set<string>();
  readonly #outside: MessagePort;
  readonly #inside: MessagePort;
  readonly #shard: Shard;
  readonly #receiver: ShardReceiver;
  #isHandling = false;
  #isStopped = false;

  constructor(start: ShardStart, around: Omit<ShardSurroundings, 'emit'>, receiver: ShardReceiver) {
    const { port1, port2 } = new MessageChannel();
    this.#outside = port1;
    this.#inside = port2;
    this.#receiver = receiver;
    this.#shard = new Shard(structuredClone(start), { ...around, emit: (output) => this.#emit(output) });
  }

  post(input: ShardInput): void {
    this.inputs.add(input.kind);
    if (this.#isStopped) throw new Error(`the port is closed, and ${input.kind} cannot be sent`);
    this.#outside.postMessage(input);
    const received: { readonly message: ShardInput } | undefined = receiveMessageOnPort(this.#inside);
    if (received === undefined) throw new Error(`${input.kind} did not arrive`);
    this.#isHandling = true;
    try {
      this.#shard.handle(received.message);
    } finally {
      this.#isHandling = false;
      this.#deliver();
    }
    if (input.kind !== 'stop') return;
    this.#isStopped = true;
    this.#outside.close();
  }

  #emit(output: ShardOutput): void {
    this.outputs.add(output.kind);
    this.#inside.postMessage(output);
    if (!this.#isHandling) this.#deliver();
  }

  #deliver(): void {
    for (;;) {
      const received: { readonly message: ShardOutput } | undefined = receiveMessageOnPort(this.#outside);
      if (received === undefined) return;
      this.#receiver.receive(received.message);
    }
  }
}
