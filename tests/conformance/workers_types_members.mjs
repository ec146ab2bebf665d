// workers_types_members.mjs PACKAGE TYPESCRIPT: what the type declarations of Workers say there is, as JSON:
//   {version, types: [{name, global, members: [{name, static, kind: "method" | "property"}]}], modules: {NAME: [export]}}
// `global` is "class" (with a constructor object), "value" (function, variable) or null (an interface alone, which some
// value of another type has). Members of the types it extends are listed there.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const [folder, typescript] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(typescript);
const text = readFileSync(`${folder}/index.d.ts`, 'utf8');
const source = ts.createSourceFile('index.d.ts', text, ts.ScriptTarget.Latest, true);
const types = new Map();
const modules = {};

const typeOf = (name) => {
  if (!types.has(name)) types.set(name, { name, global: null, value: 'property', members: new Map() });
  return types.get(name);
};
const isStatic = (node) => node.modifiers?.some((m) => m.kind === ts.SyntaxKind.StaticKeyword) ?? false;
const isFunctionType = (node) => node !== undefined
  && (ts.isFunctionTypeNode(node) || (ts.isParenthesizedTypeNode(node) && isFunctionType(node.type)));

function nameOf(member) {
  const { name } = member;
  if (name === undefined || ts.isPrivateIdentifier(name)) return undefined;
  if (ts.isComputedPropertyName(name)) {
    const well = name.expression.getText(source);
    return well.startsWith('Symbol.') ? `[${well}]` : undefined;
  }
  return name.text;
}

function addMembers(type, members, statics = false) {
  for (const member of members) {
    const name = nameOf(member);
    if (name === undefined || name === 'prototype' || name.startsWith('__')) continue;
    const optional = member.questionToken !== undefined;
    const method = ts.isMethodDeclaration(member) || ts.isMethodSignature(member) || isFunctionType(member.type);
    // Its events are for the classes to answer that extend it.
    if (type.name === 'DurableObject') continue;
    const key = `${statics || isStatic(member) ? 'static ' : ''}${name}`;
    type.members.set(key, { name, static: statics || isStatic(member), optional, kind: method ? 'method' : 'property' });
  }
}

function visitVariable(declaration) {
  const type = typeOf(declaration.name.getText(source));
  const shape = declaration.type;
  if (shape !== undefined && ts.isTypeLiteralNode(shape) && shape.members.some(ts.isConstructSignatureDeclaration)) {
    type.global = 'class';
    addMembers(type, shape.members, true);
  } else {
    type.global ??= 'value';
  }
}

function visit(node) {
  if (ts.isClassDeclaration(node)) {
    const type = typeOf(node.name.text);
    type.global = 'class';
    addMembers(type, node.members);
  } else if (ts.isInterfaceDeclaration(node)) {
    addMembers(typeOf(node.name.text), node.members);
  } else if (ts.isFunctionDeclaration(node)) {
    Object.assign(typeOf(node.name.text), { global: 'value', value: 'method' });
  } else if (ts.isVariableStatement(node)) {
    node.declarationList.declarations.forEach(visitVariable);
  } else if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) {
    modules[node.name.text] ??= exportsOf(node.body.statements);
  } else if (ts.isModuleDeclaration(node) && node.name.text === 'CloudflareWorkersModule') {
    modules['cloudflare:workers'] = exportsOf(node.body.statements);
  }
}

function exportsOf(statements) {
  const names = new Set();
  for (const node of statements) {
    if (ts.isExportDeclaration(node)) node.exportClause?.elements?.forEach((e) => names.add(e.name.text));
    if (!node.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword)) continue;
    if (ts.isClassDeclaration(node) || ts.isFunctionDeclaration(node)) names.add(node.name.text);
    if (ts.isVariableStatement(node)) node.declarationList.declarations.forEach((d) => names.add(d.name.text));
  }
  return [...names];
}

source.statements.forEach(visit);
const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
process.stdout.write(JSON.stringify({
  version, modules,
  types: [...types.values()].map((type) => ({ ...type, members: [...type.members.values()] })),
}));
