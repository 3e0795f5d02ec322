// A model for tests, written by others: prints its address, takes fixtures and tells what it was asked under /__aimock, and
// ends when its standard input does, so that it cannot outlive the test that started it.
import { LLMock } from "@copilotkit/aimock";

const mock = await LLMock.create({ port: 0, host: "127.0.0.1", chunkSize: 1, journalMaxEntries: 0, strict: true });
console.log(mock.url);
process.stdin.resume().on("end", () => process.exit(0));
