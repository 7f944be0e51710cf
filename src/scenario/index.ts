/** The room of scenarios: packets that people describe, and whether they go the way that is expected. */
export { type Failure, type Judgement, judge, type Outcome, printedIds } from "./judge.ts";
export { EmptyScenarios, type Expect, hostFor, readScenarios, type Scenario, type ScenarioFile } from "./read.ts";
export { scenarioSchema } from "./schema.ts";
