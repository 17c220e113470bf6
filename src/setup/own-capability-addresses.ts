// Addresses out of a list as the store keeps it for people: `Name <local@domain>` joined by commas. Knows that form; a list that was cut at its
// end loses its last entry.
export function parseAddressText(text: string): { readonly name: string; readonly email: string }[] {
  return [...text.matchAll(/(?:^|, )(?:([^\s<>@,]+@[^\s<>@,]+)(?=, |$)|([^<>]*?) ?<([^\s<>@]+@[^\s<>@]+)>(?=, |$))/g)].map(
    ([, bare, name = '', inBrackets]) => ({ name: name.replaceAll(/^"|"$/g, '').trim(), email: bare ?? inBrackets ?? '' }),
  );
}
