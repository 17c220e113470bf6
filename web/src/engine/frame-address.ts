// Where a letter's document is had. Knows the server's route (src/io/http/letter-frame.ts); the same for looking at it and for keeping it.

export interface FrameLook {
  readonly images: boolean;
  readonly theme: 'light' | 'dark';
  readonly plain: boolean;
  readonly language: 'ja' | 'en';
}

export function frameAddress(accountId: string, emailId: string, { images, theme, plain, language }: FrameLook): string {
  const letter = `/letter/${encodeURIComponent(accountId)}/${encodeURIComponent(emailId)}`;
  return `${letter}?images=${images ? 1 : 0}&theme=${theme}&lang=${language}${plain ? '&plain=1' : ''}`;
}
