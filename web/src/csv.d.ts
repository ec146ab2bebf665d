// Tables of data/ come into the program as text (esbuild's --loader:.csv=text).
declare module "*.csv" {
  const text: string;
  export default text;
}
