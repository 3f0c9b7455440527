// node report.mjs machine: the first line of a section's results, where it was measured.
// node report.mjs page: medians of the rounds in bench/results, and the goals, as a page.

import { cpus, totalmem } from 'node:os';
import { existsSync, readFileSync } from 'node:fs';
import { sections } from './sections.mjs';

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const show = (number) => (number === undefined ? '' : number >= 100 || Number.isInteger(number) ? String(Math.round(number)) : number.toFixed(2));
const row = (cells) => `| ${cells.join(' | ')} |`;

function machine() {
  return { machine: `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux, Node ${process.versions.node}` };
}

// A section's results: who was measured, which figures there are, and their medians.
function read(name) {
  const path = new URL(`results/${name}.jsonl`, import.meta.url);
  if (!existsSync(path)) return undefined;
  const [where, ...rounds] = readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const who = [...new Set(rounds.map((round) => round.who))];
  const all = (figure, one) => rounds.filter((round) => round.who === one && figure in round.figures).map((round) => round.figures[figure]);
  const of = (figure, one = who[0]) => {
    const numbers = all(figure, one);
    return numbers.length ? median(numbers) : undefined;
  };
  const busy = rounds.map((round) => round.others_percent).filter((percent) => percent !== undefined);
  return { ...where, rounds: rounds.length / who.length, who, names: Object.keys(rounds[0].figures), of, all, busy };
}

function goal(section, { text, value, least, most, unit = '' }) {
  const met = least === undefined ? value <= most : value >= least;
  return row([section.title, text, `${show(value)}${unit && ` ${unit}`}`, met ? 'yes' : 'no']);
}

function chapter(section, results) {
  const busy = results.busy.length ? ` Before each run others kept the processors ${Math.min(...results.busy)} … ${Math.max(...results.busy)} % busy.` : '';
  const header = results.who.length > 1 ? ['', ...results.who] : ['', 'Median', 'Least', 'Most'];
  const cells = (figure) => {
    if (results.who.length > 1) return results.who.map((one) => show(results.of(figure, one)));
    const numbers = results.all(figure, results.who[0]);
    return [median(numbers), Math.min(...numbers), Math.max(...numbers)].map(show);
  };
  return `## ${section.title}

${section.about}

${results.rounds} ${results.rounds === 1 ? 'round' : 'rounds'} on ${results.machine}.${busy}

${row(header)}
|---|${header.slice(1).map(() => '---:|').join('')}
${results.names.map((figure) => row([`\`${figure}\``, ...cells(figure)])).join('\n')}`;
}

function page() {
  const measured = sections.map((section) => [section, read(section.name)]).filter(([, results]) => results);
  const goals = measured.flatMap(([section, results]) => section.goals(results.of).map((one) => goal(section, one)));
  return `# Benchmarks

\`./bench/run\` measures and writes this page; \`./bench/run --only http --rounds 3\` measures one section again and leaves the others as they were.
Figures are medians of the rounds. Everything runs on one machine: database, load and what is measured share its processors.

| Section | Goal | Measured | Met |
|---|---|---:|---|
${goals.join('\n')}

${measured.map(([section, results]) => chapter(section, results)).join('\n\n')}`;
}

const wish = process.argv[2];
if (wish === 'machine') console.log(JSON.stringify(machine()));
else if (wish === 'page') console.log(page());
else throw new Error('usage: node report.mjs machine | page');
