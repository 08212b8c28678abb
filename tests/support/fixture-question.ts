// A question of the made-up API, as far as the summary of a trace can answer it.
import type { TraceSummary } from '#proto/api/search.ts';
import type { Expression } from '#proto/search/expression.ts';
import { parseSearch } from '#proto/search/parse.ts';

/** What of a question can be told from a summary; every attribute is there, but for one of the value `nothing`. */
export function meetsQuestion(t: TraceSummary, question: string): boolean {
  const meets = (part: Expression): boolean => {
    if (part.kind === 'and') return part.parts.every(meets);
    if (part.kind === 'or') return part.parts.some(meets);
    if (part.kind === 'not') return !meets(part.part);
    if (part.kind === 'any' || part.kind === 'all') return meets(part.part);
    if (part.kind !== 'comparison') return true;
    const texts = part.values.map((value) => (value.type === 'string' || value.type === 'int' ? value.text : ''));
    if (part.subject.of === 'attribute') return !texts.includes('nothing');
    switch (part.subject.field) {
      case 'service':
        return t.services.some(({ service }) => texts.includes(service));
      case 'name':
      case 'root.name':
        return texts.includes(t.root_name);
      case 'rule':
        return texts.includes(t.rule);
      case 'status':
        return t.error_count > 0;
      case 'trace.errors':
        return (part.operator === '>') === t.error_count > 0;
      case 'trace.duration': {
        const ns = part.values[0]?.type === 'duration' ? part.values[0].ns : 0;
        return part.operator.startsWith('>') ? t.duration_ns >= ns : t.duration_ns <= ns;
      }
      default:
        return true;
    }
  };
  const expression = parseSearch(question);
  return expression === undefined || meets(expression);
}
