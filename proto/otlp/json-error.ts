// The one error of a JSON body that is not what OTLP/JSON asks for.

/** A path longer than this is that of a deep attribute value: its outer part says enough. */
const SHOWN_STEPS = 8;

/** `message` names the field's path, what was found and the byte, fit to be sent to the client. */
export class JsonMappingError extends Error {
  constructor(problem: string, path: readonly string[], offset: number) {
    const shown = path.length > SHOWN_STEPS ? [...path.slice(0, SHOWN_STEPS), '…'] : path;
    super(`${shown.length === 0 ? 'the body' : shown.join('.')}: ${problem} (byte ${offset})`);
    this.name = 'JsonMappingError';
  }
}
