// Where every item went, as an equation that must hold; the parts open to their rules and reasons. Below: whether the store has what it acknowledged.
import type { ReactNode } from 'react';
import type { Answer } from '#ui/load/api.ts';
import { auditChecked, auditFindings, type AuditNumbers } from '#ui/shape/audit-words.ts';
import { count } from '#ui/shape/format.ts';
import { ledgerGap } from '#ui/shape/ledger-check.ts';
import s from './sampling-page.module.css';

type Ledger = Answer<'ledger'>['spans'];
const SIGNALS = [
  ['spans', 'Spans'],
  ['log_records', 'Log records'],
  ['metric_points', 'Metric points'],
] as const;

function Term({
  sign,
  value,
  name,
  parts,
  tone,
}: {
  readonly sign: string;
  readonly value: number;
  readonly name: string;
  readonly parts?: readonly { label: string; count: number }[];
  readonly tone?: string;
}): ReactNode {
  return (
    <div className={s.term}>
      <span className={s.sign}>{sign}</span>
      <b className={value > 0 ? tone : undefined}>{count(value)}</b>
      <span className="dim">{name}</span>
      {(parts ?? []).map((p) => (
        <span key={p.label} className={s.part}>
          {p.label} <span>{count(p.count)}</span>
        </span>
      ))}
    </div>
  );
}

function Row({ title, ledger }: { readonly title: string; readonly ledger: Ledger }): ReactNode {
  const gap = ledgerGap(ledger);
  return (
    <section className={s.ledger} aria-label={title}>
      <h3>
        {title}{' '}
        {gap === 0 ? (
          <span className={s.ok}>holds</span>
        ) : (
          <span className="error">{count(Math.abs(gap))} unaccounted for</span>
        )}
      </h3>
      <div className={s.terms}>
        <Term sign="" value={ledger.received} name="received" />
        <Term sign="=" value={ledger.stored} name="stored" />
        <Term
          sign="+"
          value={ledger.sampled_out}
          name="sampled out"
          tone="grain"
          parts={ledger.sampled_out_by_rule.map((r) => ({ label: r.rule, count: r.count }))}
        />
        <Term
          sign="+"
          value={ledger.rejected}
          name="rejected"
          tone="warn"
          parts={ledger.rejected_by_reason.map((r) => ({ label: r.reason, count: r.count }))}
        />
        <Term
          sign="+"
          value={ledger.dropped}
          name="dropped"
          tone="error"
          parts={ledger.dropped_by_reason.map((r) => ({ label: r.reason, count: r.count }))}
        />
        <Term sign="+" value={ledger.pending} name="pending" />
      </div>
    </section>
  );
}

function Audit({ audit, nowMs }: { readonly audit: AuditNumbers; readonly nowMs: number }): ReactNode {
  const findings = auditFindings(audit);
  return (
    <section className={s.ledger} aria-label="Audit">
      <h3>
        Audit{' '}
        {findings.length === 0 ? (
          <span className={audit.checked_ms === null ? 'dim' : s.ok}>
            {audit.checked_ms === null ? 'not yet' : 'nothing missing, nothing doubled'}
          </span>
        ) : (
          <span className="error">{findings.join(', ')}</span>
        )}
      </h3>
      <p className="dim">{auditChecked(audit, nowMs)}</p>
    </section>
  );
}

export function LedgerView({
  ledger,
  nowMs,
}: {
  readonly ledger: Answer<'ledger'>;
  readonly nowMs: number;
}): ReactNode {
  return (
    <div data-testid="ledger">
      {SIGNALS.map(([key, title]) => (
        <Row key={key} title={title} ledger={ledger[key]} />
      ))}
      {ledger.audit !== null && <Audit audit={ledger.audit} nowMs={nowMs} />}
    </div>
  );
}
