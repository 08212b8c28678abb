// Policy status_code: some span has one of the codes.
import { didYouMean } from '#proto/config/nearest-key.ts';
import { someSpan } from '../any-span.ts';
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';
import { statusCode } from '../span-fields.ts';

const CODES = ['UNSET', 'OK', 'ERROR'];
const UNSET = 0;

export const buildStatusCode: BuildPolicy = (block, path, { errors }) => {
  const read = new Block(block, path, { status_codes: 'texts' }, errors);
  if (read.failed) return undefined;
  const written = read.texts('status_codes');
  const stranger = written.find((word) => !CODES.includes(word));
  if (written.length === 0) read.fail('status_codes', 'is empty', `write at least one of ${CODES.join(', ')}`);
  else if (stranger !== undefined)
    read.fail('status_codes', `holds ${stranger}, which is no status code`, didYouMean(stranger.toUpperCase(), CODES));
  if (read.failed) return undefined;
  const wanted = written.map((word) => CODES.indexOf(word));
  // The index has read known codes; what it calls unset may be one that nobody knows.
  return (cursor) =>
    voteOf(
      someSpan(cursor, (at) => {
        const known = at.view.memory.spans.status[at.row]!;
        return known !== UNSET ? wanted.includes(known) : wanted.includes(UNSET) && statusCode(at) === UNSET;
      }),
    );
};
