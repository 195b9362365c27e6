/** One backup by the built agent, measured in its own process: prints what it cost. For agent.ts. */
import { readFileSync } from 'node:fs';
import { Agent } from '../dist/agent/agent.js';

const [, , state = '', ...files] = process.argv;
const ticks = () => {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  // Its own, and that of the processes that look at files and have ended.
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]) * 10, 0);
};
const agent = Agent.open({ state });
for (const [path, server] of files.map((file) => file.split('='))) await agent.add({ path, server, user: 'anna', password: 'secret' });
const before = { cpu: ticks(), at: performance.now() };
const [report] = await agent.backup({});
const cost = { cpuMs: ticks() - before.cpu, ms: performance.now() - before.at };
agent.close();
console.log(JSON.stringify({ ...cost, peakKb: process.resourceUsage().maxRSS, report }));
