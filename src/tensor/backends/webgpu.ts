/** The tfjs webgpu backend on Dawn (npm `webgpu`), both optional peers. */
import { constants } from 'node:os';
import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';

/** What a Jest environment hands into its sandbox, where an ES module and the real process cannot be reached. */
export interface Host {
  readonly import: (name: string) => Promise<unknown>;
  readonly process: typeof process;
  /** what must live as long as the process: Dawn crashes when its instance or device is collected before the other */
  readonly keep: unknown[];
}

const hostKey = Symbol.for('congruity.host');

interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}
interface Adapter {
  readonly info: AdapterInfo;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: object): Promise<Device>;
}
interface Device {
  destroy(): void;
}
interface Dawn {
  create(flags: string[]): { requestAdapter(options?: object): Promise<Adapter | null> };
  readonly globals: Record<string, unknown>;
}
interface Tfjs {
  readonly WebGPUBackend: new (device: Device, info: AdapterInfo) => tf.KernelBackend;
}

/** The driver and Vulkan loader that Debian's chromium package brings: correct, slow, and on no default path. */
const software = { loader: '/usr/lib/chromium/libvulkan.so.1', driver: '/usr/lib/chromium/vk_swiftshader_icd.json' };

/** glibc's RTLD_NODELETE: the library stays loaded although it is no Node addon and dlopen therefore throws. */
const keepLoaded = 0x1000;

/** Tries to load a shared library into the process, for Dawn to find under its soname. */
function loadable(host: Host, library: string): boolean {
  try {
    host.process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | keepLoaded);
    return true;
  } catch (error) {
    return /did not self-register/.test(String(error));
  }
}

const isSoftware = (info: AdapterInfo): boolean =>
  info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe/i.test(`${info.architecture} ${info.description}`);

function instance(dawn: Dawn, host: Host): ReturnType<Dawn['create']> {
  const gpu = dawn.create([]);
  host.keep.push(gpu);
  return gpu;
}

async function findAdapter(dawn: Dawn, host: Host, named: boolean): Promise<Adapter> {
  // Dawn writes to stderr where there is no Vulkan: ask first
  const vulkan = host.process.platform !== 'linux' || loadable(host, 'libvulkan.so.1');
  const found = vulkan ? await instance(dawn, host).requestAdapter({ powerPreference: 'high-performance' }) : null;
  if (found !== null && (named || !isSoftware(found.info))) return found;
  if (found !== null)
    throw new Error(`the only adapter is software (${found.info.description}): ask for webgpu by name to use it`);
  const missing = vulkan ? 'no adapter found' : 'no adapter found: libvulkan.so.1 cannot be loaded';
  const { env } = host.process;
  if (
    !named ||
    env.VK_ICD_FILENAMES !== undefined ||
    env.VK_DRIVER_FILES !== undefined ||
    !existsSync(software.driver)
  ) {
    throw new Error(missing);
  }
  if (!vulkan && !loadable(host, software.loader)) throw new Error(missing);
  env.VK_ICD_FILENAMES = software.driver; // read once, while the instance is made
  try {
    const slow = await instance(dawn, host).requestAdapter();
    if (slow === null) throw new Error(`${missing}, nor one from ${software.driver}`);
    return slow;
  } finally {
    delete env.VK_ICD_FILENAMES;
  }
}

const ownHost: Host = { import: (name) => import(name) as Promise<unknown>, process, keep: [] };

/** The adapter of the device this copy of the module registered; a process opens one. */
let opened: AdapterInfo | undefined;

/** The limits tfjs's kernels are written for: as much as the adapter has. */
const limitNames = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];

/** tfjs looks for `navigator.gpu` while it constructs its backend, and never again: show it one for just that long. */
function asBrowser<T>(work: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: true }, configurable: true });
  try {
    return work();
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else delete (globalThis as { navigator?: unknown }).navigator;
  }
}

async function peer<T>(name: string, load: (name: string) => Promise<unknown>): Promise<T> {
  try {
    return (await load(name)) as T;
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: string };
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
      throw new Error(`${name} is not installed`, { cause });
    const inJest = process.env.JEST_WORKER_ID !== undefined;
    throw new Error(
      `${name} cannot be loaded${inJest ? " (in Jest, set testEnvironment: 'congruity/environment')" : `: ${message}`}`,
      { cause },
    );
  }
}

async function open(host: Host, named: boolean): Promise<AdapterInfo> {
  const dawn = await peer<Dawn>('webgpu', host.import);
  // the tfjs side must share this realm's tfjs-core, so it is never loaded by the host
  const { WebGPUBackend } = await peer<Tfjs>(
    '@tensorflow/tfjs-backend-webgpu',
    (name) => import(name) as Promise<unknown>,
  );
  const adapter = await findAdapter(dawn, host, named);
  for (const [name, value] of Object.entries(dawn.globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  const { info, limits } = adapter;
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(limitNames.map((limit) => [limit, limits[limit]])),
  });
  host.keep.push(device);
  tf.registerBackend('webgpu', () => asBrowser(() => new WebGPUBackend(device, info)));
  return info;
}

/**
 * Opens a device and registers the backend on it.
 * @param named the user asked for webgpu by name: a software adapter, 100 times slower than wasm, will do
 */
export async function openWebgpu(named: boolean): Promise<string> {
  const host = ((globalThis as Record<symbol, unknown>)[hostKey] as Host | undefined) ?? ownHost;
  opened ??= await open(host, named);
  return `adapter ${opened.description || opened.device || opened.vendor}${isSoftware(opened) ? ', software' : ''}`;
}
