/** What may cross a stage boundary and be stored: plain JSON. Absent properties are allowed and are left out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
