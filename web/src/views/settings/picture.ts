// A picture that the server has drawn, as an address for `<img>`: the page's policy lets no markup in. Knows data addresses.
export function pictureAddress(svg: string): string {
  return `data:image/svg+xml,${encodeURIComponent(svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" '))}`;
}
