/** Version of Muster: server, agent and CLI are one package. Kept equal to package.json by src/server/http/app.test.ts. */
export const VERSION = "0.1.0";
