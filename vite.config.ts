import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const server = process.env["MUSTER_DEV_SERVER"] ?? "http://127.0.0.1:8080";

// The web interface: `vite build` writes dist/web, which the server serves; `vite` serves it with the API of a running server.
export default defineConfig({
  root: fileURLToPath(new URL("src/web", import.meta.url)),
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL("dist/web", import.meta.url)),
    emptyOutDir: true,
    // Nothing inline: the content security policy allows this origin's files only.
    assetsInlineLimit: 0,
    // The first browsers with popover, light-dark() and nesting; a later baseline loses nobody who gets security updates.
    target: ["chrome123", "edge123", "firefox125", "safari17.5"],
    reportCompressedSize: true,
  },
  server: {
    port: 5173,
    proxy: { "/api": { target: server, changeOrigin: false } },
  },
});
