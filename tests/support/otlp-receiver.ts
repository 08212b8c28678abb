// A real OTLP receiver for tests of senders: gRPC and HTTP on free ports, records every body, answers as scripted.

import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Metadata,
  Server as GrpcServer,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { otlpSignals, type OtlpSignal } from '#deploy/replay/otlp-signal.ts';

/** One request as it arrived. */
interface ReceivedRequest {
  signal: OtlpSignal;
  transport: 'grpc' | 'http';
  contentType: string;
  body: Buffer;
}

/** What to answer: success with these bytes or text, or a refusal. `details` is a google.rpc.Status for gRPC. */
export interface ScriptedAnswer {
  grpc?: { code: status; message?: string; details?: Uint8Array };
  http?: { code: number; headers?: Record<string, string>; body?: string | Uint8Array };
  body?: Uint8Array;
}

/** Script: asked for every request with its number from 0; undefined answers with success. */
export type ReceiverScript = (request: ReceivedRequest, number: number) => ScriptedAnswer | undefined;

/** A running receiver. */
export interface OtlpReceiver {
  grpcEndpoint: string;
  httpEndpoint: string;
  requests: ReceivedRequest[];
  close(): Promise<void>;
}

const signals = Object.keys(otlpSignals) as OtlpSignal[];
const MAX_MESSAGE_BYTES = 64 << 20;

/** Starts a receiver on loopback. */
export async function startOtlpReceiver(script: ReceiverScript = () => undefined): Promise<OtlpReceiver> {
  const requests: ReceivedRequest[] = [];
  const answer = (request: ReceivedRequest): ScriptedAnswer => script(request, requests.push(request) - 1) ?? {};
  const grpc = new GrpcServer({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
  for (const signal of signals) {
    grpc.addService(
      {
        Export: {
          path: otlpSignals[signal].grpcPath,
          requestStream: false,
          responseStream: false,
          requestSerialize: asIs,
          requestDeserialize: asIs,
          responseSerialize: asIs,
          responseDeserialize: asIs,
        },
      },
      {
        Export: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
          const scripted = answer({ signal, transport: 'grpc', contentType: 'application/grpc', body: call.request });
          if (scripted.grpc === undefined) {
            reply(null, Buffer.from(scripted.body ?? []));
            return;
          }
          const metadata = new Metadata();
          if (scripted.grpc.details !== undefined)
            metadata.set('grpc-status-details-bin', Buffer.from(scripted.grpc.details));
          reply({ code: scripted.grpc.code, details: scripted.grpc.message ?? 'scripted', metadata });
        },
      },
    );
  }
  const http = createServer((call, response) => void serveHttp(call, response, answer));
  const grpcPort = await bindGrpc(grpc);
  const httpPort = await listen(http);
  return {
    grpcEndpoint: `127.0.0.1:${grpcPort}`,
    httpEndpoint: `127.0.0.1:${httpPort}`,
    requests,
    async close() {
      grpc.forceShutdown();
      http.closeAllConnections();
      const { promise, resolve } = Promise.withResolvers<void>();
      http.close(() => resolve());
      await promise;
    },
  };
}

async function serveHttp(
  call: IncomingMessage,
  response: ServerResponse,
  answer: (request: ReceivedRequest) => ScriptedAnswer,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of call as AsyncIterable<Buffer>) parts.push(part);
  const contentType = call.headers['content-type'] ?? '';
  const signal = signals.find((name) => otlpSignals[name].httpPath === call.url);
  if (signal === undefined) {
    response.writeHead(404).end();
    return;
  }
  const scripted = answer({ signal, transport: 'http', contentType, body: Buffer.concat(parts) });
  const body = scripted.http?.body ?? scripted.body ?? (contentType.includes('json') ? '{}' : '');
  response.writeHead(scripted.http?.code ?? 200, { 'content-type': contentType, ...scripted.http?.headers });
  response.end(body);
}

function bindGrpc(server: GrpcServer): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
  return promise;
}

function listen(server: HttpServer): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  return promise;
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
