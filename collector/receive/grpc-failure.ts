// A gRPC status with its google.rpc.Status details.
import { Metadata } from '@grpc/grpc-js';
import { rpcStatus, type StatusDetails } from './answers.ts';
import { wireMessage } from './limits.ts';

/** The trailer that carries google.rpc.Status. */
export const STATUS_DETAILS = 'grpc-status-details-bin';

/** The form in which grpc-js expects a failed call. */
export interface GrpcFailure {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** With RetryInfo in `details` a client may ask again; RESOURCE_EXHAUSTED without it says never. */
export function grpcFailure(code: number, message: string, details: StatusDetails = {}): GrpcFailure {
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS, rpcStatus(code, message, details));
  return { code, details: wireMessage(message), metadata };
}
