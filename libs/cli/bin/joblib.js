#!/usr/bin/env node
// Not dist/main.js itself: npm links and makes executable what is there when it installs, and in a repository the build comes later.
await import('../dist/main.js');
