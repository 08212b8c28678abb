// Labels and annotations of alerts: templates with `$labels`, `$value`, `$externalLabels` and `$externalURL`.
import type { QueryFn, QuerySample, RuleLabels } from '../model.ts';
import { Budget } from './budget.ts';
import { executeTemplate } from './execute.ts';
import { isTemplateFunction } from './functions/registry.ts';
import { MAX_TEMPLATE_QUERIES } from './limits.ts';
import { sampleValue } from './functions/queries.ts';
import type { ParsedTemplate } from './nodes.ts';
import { parseTemplate } from './parser.ts';
import { TemplateError } from './template-error.ts';
import { textMap, type ListValue, type Value } from './value.ts';

const VARIABLES =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';

function nameOf(alert: string): string {
  return `__alert_${alert}`;
}

function parseAlertTemplate(alert: string, text: string): ParsedTemplate {
  return parseTemplate(nameOf(alert), VARIABLES + text, isTemplateFunction);
}

/** What is wrong with a template of an alert before it is expanded. */
export function checkAlertTemplate(alert: string, text: string): string | undefined {
  try {
    parseAlertTemplate(alert, text);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

/** The query's result is not known yet: the expansion is done again when it is. */
class MissingResult extends Error {
  readonly query: string;

  constructor(query: string) {
    super(query);
    this.query = query;
  }
}

type Result = ListValue | TemplateError;

/** Where templates of one rule at one instant are expanded: parsed texts and results of queries are kept for all of its alerts. */
export class AlertTemplates {
  readonly errors: string[] = [];
  readonly #alert: string;
  readonly #atMs: number;
  readonly #query: QueryFn;
  readonly #externalLabels: Value;
  readonly #externalUrl: string;
  readonly #parsed = new Map<string, ParsedTemplate | TemplateError>();
  readonly #results = new Map<string, Result>();

  constructor(
    alert: string,
    atMs: number,
    query: QueryFn,
    external: { readonly labels: RuleLabels; readonly url: string },
  ) {
    this.#alert = alert;
    this.#atMs = atMs;
    this.#query = query;
    this.#externalLabels = textMap(external.labels);
    this.#externalUrl = external.url;
  }

  /** The text, or what went wrong in its place. */
  async expand(text: string, sample: QuerySample): Promise<string> {
    if (!text.includes('{{')) return text;
    try {
      return await this.#expand(this.#parse(text), sample);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      if (this.errors.length < MAX_ERRORS) this.errors.push(error.message);
      return `<error expanding template: ${error.message}>`;
    }
  }

  #parse(text: string): ParsedTemplate {
    let parsed = this.#parsed.get(text);
    if (parsed === undefined) {
      try {
        parsed = parseAlertTemplate(this.#alert, text);
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        parsed = new TemplateError(`error parsing template ${nameOf(this.#alert)}: ${error.message}`);
      }
      this.#parsed.set(text, parsed);
    }
    if (parsed instanceof TemplateError) throw parsed;
    return parsed;
  }

  async #expand(template: ParsedTemplate, sample: QuerySample): Promise<string> {
    if (this.#results.size > MAX_RESULTS) this.#results.clear();
    const { labels, value } = sampleValue(sample);
    const data: Value = {
      kind: 'struct',
      fields: new Map<string, Value>([
        ['Labels', labels],
        ['ExternalLabels', this.#externalLabels],
        ['ExternalURL', this.#externalUrl],
        ['Value', value],
      ]),
    };
    const budget = new Budget();
    const scope = {
      atMs: this.#atMs,
      externalUrl: this.#externalUrl,
      budget,
      query: (text: string) => this.#resultOf(text),
    };
    for (let queries = 0; queries <= MAX_TEMPLATE_QUERIES; queries++) {
      try {
        return executeTemplate(template, data, scope);
      } catch (error) {
        if (error instanceof TemplateError)
          throw new TemplateError(`error executing template ${template.name}: ${error.message}`);
        if (!(error instanceof MissingResult)) throw error;
        await this.#ask(error.query);
        budget.restart();
      }
    }
    throw new TemplateError(
      `error executing template ${template.name}: query limit: more than ${MAX_TEMPLATE_QUERIES} queries`,
    );
  }

  #resultOf(text: string): Value {
    const result = this.#results.get(text);
    if (result === undefined) throw new MissingResult(text);
    if (result instanceof TemplateError) throw result;
    return result;
  }

  async #ask(text: string): Promise<void> {
    let result: Result;
    try {
      result = { kind: 'list', items: (await this.#query(text, this.#atMs)).map(sampleValue) };
    } catch (error) {
      result = new TemplateError(error instanceof Error ? error.message : String(error));
    }
    this.#results.set(text, result);
  }
}

/** Errors of one rule that are kept: alerts fail alike. */
const MAX_ERRORS = 10;
/** Results kept for the alerts of one rule. */
const MAX_RESULTS = 1_000;
