import { defineConfig, mergeConfig } from 'vitest/config';
import base, { LONG } from './vitest.config.ts';

const long = mergeConfig(base, {});
long.test.include = LONG;
long.test.exclude = [];
export default defineConfig(long);
