/** The account service's JSON, read from both ends. docs/account-service.md says the same in words. */
import { z } from 'zod';
import type { Question, Verdict } from './service.js';

const MAX_TEXT = 256;
const MAX_NONCES = 32;
const text = z.string().min(1).max(MAX_TEXT);
const base64 = z
  .string()
  .max(MAX_TEXT)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/);
/** 16 bytes. */
const digest = z.string().regex(/^[A-Za-z0-9+/]{22}==$/);
const nonces = z.array(base64).min(1).max(MAX_NONCES);

const questionSchema = z.object({
  user: text,
  device: text,
  serverId: text,
  credential: z.discriminatedUnion('type', [
    z.object({ type: z.literal('basic'), password: z.string().max(MAX_TEXT) }),
    z.object({ type: z.literal('md5'), digest, nonces }),
    z.object({ type: z.literal('mac'), digest, nonces, body: digest }),
  ]),
});

/** Unknown members are left alone: services may say more in time. */
const verdictSchema = z.discriminatedUnion('result', [
  z.object({
    result: z.literal('entitled'),
    user: text,
    password: text.optional(),
    verifier: digest.optional(),
    serverVerifier: digest.optional(),
    quotaBytes: z.number().int().min(0).optional(),
    location: text.optional(),
  }),
  z.object({ result: z.enum(['unknown', 'wrong-credential', 'not-entitled', 'needs-basic']) }),
]);

const signUpSchema = z.strictObject({ user: text, password: text, entitled: z.boolean().default(true) });
const entitlementSchema = z.strictObject({ entitled: z.boolean() });

export type SignUp = z.output<typeof signUpSchema>;

function read<T>(schema: z.ZodType<T>, body: string): T | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/** Each undefined when the text is something else. */
export const readQuestion = (body: string): Question | undefined => read(questionSchema, body);
export const readVerdict = (body: string): Verdict | undefined => read(verdictSchema, body);
export const readSignUp = (body: string): SignUp | undefined => read(signUpSchema, body);
export const readEntitlement = (body: string): { readonly entitled: boolean } | undefined => read(entitlementSchema, body);
