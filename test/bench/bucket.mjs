import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createCatalogue } from "./catalogue.mjs";
import { against, toRow } from "./measure.mjs";
import { importSupport, isHere } from "./support.mjs";

const run = promisify(execFile);
const RUNS = 3;

/**
 * A publish with nothing to do to a bucket, beside what others take to find that a tree of the same files is there already.
 * @param {number} gifts
 * @returns {Promise<import("./measure.mjs").Figure>}
 */
export async function measureBucket(gifts) {
  const title = `publish: ${gifts} gifts, ${3 * gifts} releases, a bucket of radosgw`;
  const { hasRadosgw, startRadosgw } = await importSupport("radosgw");
  if (!hasRadosgw()) return { title, about: "not measured: radosgw is not installed here", rows: [] };
  const catalogue = await createCatalogue(gifts);
  const server = await startRadosgw();
  try {
    // The same tree in a folder, for the others.
    await catalogue.publish();
    const { accessKeyId, secretAccessKey } = server.account;
    const variables = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const { options } = await server.makeBucket();
    const { bucket, region, endpoint } = options;
    await catalogue.setStore(`{ s3: { bucket: ${bucket}, region: ${region}, endpoint: "${endpoint}" } }`);
    await catalogue.commit("Publish to a bucket");

    const first = await countRequests(endpoint, () => catalogue.publish(catalogue.root, variables));
    const nothing = await countRequests(endpoint, () => catalogue.publish(catalogue.root, variables));
    const own = [];
    for (let at = 0; at < RUNS; at++)
      own.push((await catalogue.publishProcess(catalogue.root, variables)).milliseconds);
    const rows = [];
    for (const { name, sync } of othersOf(server.account, endpoint)) {
      if (!isHere(name)) continue;
      const other = await server.makeBucket();
      await sync(catalogue.storeFolder, other.options.bucket);
      const measured = [];
      for (let at = 0; at < RUNS; at++) {
        const started = performance.now();
        await sync(catalogue.storeFolder, other.options.bucket);
        measured.push(performance.now() - started);
      }
      rows.push(toRow(`${name} sync of the same tree, nothing to do`, "ms", measured));
    }
    const process = toRow("nothing to do, giftwrap publish from start to end", "ms", own);
    return {
      title,
      about: `the gifts share a few small objects; requests are those of HTTP${rows.length < 2 ? "; rclone or s3cmd is not installed here" : ""}`,
      rows: [
        toRow("first publish, in one process", "ms", [first.result.milliseconds]),
        toRow("first publish", "requests", [first.requests]),
        toRow("nothing to do", "requests", [nothing.requests]),
        toRow("nothing to do", "B read", [nothing.result.counts.bytesRead]),
        process,
        ...rows.map((row) => ({ ...against(process, row), what: "  the same" })),
        ...rows,
      ],
    };
  } finally {
    await server.stop();
    await catalogue.remove();
  }
}

/** Counts what this process asks of the server: the driver speaks through fetch. */
async function countRequests(endpoint, act) {
  const { fetch } = globalThis;
  let requests = 0;
  globalThis.fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (url.startsWith(endpoint)) requests++;
    return fetch(input, init);
  };
  try {
    return { result: await act(), requests };
  } finally {
    globalThis.fetch = fetch;
  }
}

function othersOf({ accessKeyId, secretAccessKey }, endpoint) {
  const { host } = new URL(endpoint);
  // A bundle of certificates that a machine asks for is more than rclone can load, and nothing here is encrypted.
  const { AWS_CA_BUNDLE: _, ...variables } = process.env;
  return [
    {
      name: "rclone",
      sync: (folder, bucket) =>
        run("rclone", ["--config", "", "sync", folder, `bench:${bucket}`], {
          env: {
            ...variables,
            RCLONE_CONFIG_BENCH_TYPE: "s3",
            RCLONE_CONFIG_BENCH_PROVIDER: "Ceph",
            RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: accessKeyId,
            RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: secretAccessKey,
            RCLONE_CONFIG_BENCH_ENDPOINT: endpoint,
          },
        }),
    },
    {
      name: "s3cmd",
      sync: (folder, bucket) => {
        const account = [`--access_key=${accessKeyId}`, `--secret_key=${secretAccessKey}`];
        const where = ["--no-ssl", `--host=${host}`, `--host-bucket=${host}/%(bucket)`];
        return run(
          "s3cmd",
          ["-c", "/dev/null", ...account, ...where, "--quiet", "sync", `${folder}/`, `s3://${bucket}/`],
          { maxBuffer: 1 << 28 },
        );
      },
    },
  ];
}
