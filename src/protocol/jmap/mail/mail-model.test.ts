import { runMailModel } from './mail-model-suite.ts';

runMailModel('memory', 60, null);
