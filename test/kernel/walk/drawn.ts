/** Which extensions are not drawn, and why no random test can judge them here. */
export const NOT_DRAWN: Readonly<Record<string, string>> = {};
