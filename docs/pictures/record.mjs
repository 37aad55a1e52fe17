// Records the shell in a terminal of its own and draws what was shown as an animated picture:
//   npm install svg-term-cli@2.1.1; dotnet build -c Release src/PhantomDb.Shell; node docs/pictures/record.mjs
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const shell = join(root, "src/PhantomDb.Shell/bin/Release/net10.0/PhantomDb.Shell.dll");
const width = 96, height = 28;

// What is typed, and how long it is looked at then, in seconds.
const steps = [
    ["phantomdb chinook\r", 1],
    ["SELECT artist.name, count(*) AS albums\r", 0.2], ["FROM art", 0.4], ["\t", 0.8], [" JOIN alb", 0.4], ["\t", 0.6], [" USING (artist_id)\r", 0.2], ["GROUP BY 1 ORDER BY 2 DESC LIMIT 3;\r", 2.5],
    ["SELECT nmae FROM genre;\r", 2.5],
    ["EXPLAIN SELECT title FROM album JOIN track USING (album_id) WHERE unit_price > 1;\r", 3],
    ["UPDATE genre SET name = 'Chiptune' WHERE genre_id = 25;\r", 1.2],
    [".quit\r", 0.5],
    ["tail -n 4 data/chinook.log\r", 3],
    ["phantomdb verify chinook\r", 4],
];

const folder = mkdtempSync(join(tmpdir(), "recording-"));
cpSync(join(root, "data"), join(folder, "data"), { recursive: true });
writeFileSync(join(folder, "phantomdb"), `#!/bin/sh\nexec dotnet ${shell} "$@"\n`, { mode: 0o755 });
const terminal = spawn("script", ["-qfec", `stty cols ${width} rows ${height}; exec bash --norc --noprofile`, "/dev/null"], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: "xterm-256color", LANG: "C.UTF-8", PS1: "$ ", PHANTOMDB_HISTORY: join(folder, "history"), DOTNET_NOLOGO: "1" },
});
const begin = Date.now(), shown = [];
terminal.stdout.setEncoding("utf8");
terminal.stdout.on("data", text => shown.push([(Date.now() - begin) / 1000, "o", text]));
const pause = seconds => new Promise(resolve => setTimeout(resolve, seconds * 1000));
await pause(1);
for (const [keys, look] of steps) {
    for (const key of keys) {
        terminal.stdin.write(key);
        await pause(key === "\r" ? 0.15 : 0.05);
    }
    await pause(look);
}
terminal.kill();
const cast = join(folder, "shell.cast");
writeFileSync(cast, [{ version: 2, width, height }, ...shown].map(line => JSON.stringify(line)).join("\n"));
execFileSync("npx", ["svg-term", "--in", cast, "--out", process.argv[2] ?? join(root, "docs/pictures/shell.svg"), "--window"], { stdio: "inherit" });
rmSync(folder, { recursive: true });
