import { Header } from '@nestjs/common';

/** The media type of every answer of ours that is not a problem. */
export const JSON_CONTENT_TYPE = 'application/json; charset=utf-8';

/** The string that a handler returns is JSON already and leaves as it is. */
export function JsonText(): MethodDecorator {
  return Header('content-type', JSON_CONTENT_TYPE);
}
