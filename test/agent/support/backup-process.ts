import { Agent } from '../../../src/agent/agent.js';

const agent = Agent.open({ state: process.argv[2] ?? '', patience: { resends: 3, firstDelay: 10, maxDelay: 50 } });
const reports = await agent.backup();
process.send?.(reports, () => {
  agent.close();
  process.disconnect();
});
