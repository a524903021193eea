/** How to tell that a program is ready: it takes connections, it answers with 2xx, or it has written a line that contains a text. */
export type Readiness = { readonly port: number } | { readonly http: string } | { readonly log: string };
