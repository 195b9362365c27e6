/** Loaded before a program: its disk cannot sync the log. */
import { failSync } from './failing-sync.js';

await failSync('datasync');
