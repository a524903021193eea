/** A JSON Schema as it was registered. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A job with its schema and the ids of its workers. `full_name` is `room_id:category:name`. */
export interface JobView {
  readonly id: string;
  readonly room_id: string;
  readonly category: string;
  readonly name: string;
  readonly full_name: string;
  readonly schema: JsonSchema;
  readonly workers: readonly string[];
}

/** Answer of `PUT /rooms/{room}/jobs`: the job, and the worker that the call linked. */
export interface RegisteredJob extends JobView {
  readonly worker_id: string;
}

/** An item of the job list. */
export interface JobSummary {
  readonly full_name: string;
  readonly category: string;
  readonly name: string;
  readonly workers: readonly string[];
}
