// Peggy's AST of a grammar as a recogniser: one function a rule, from a position to the position after it, or -1.
// It builds no values and keeps no expectations, so it reads whole files at a fraction of peggy's own parser's cost.

/** The source of an ES module whose `parse` runs `start`; throws on any grammar construct it does not know. */
export function recogniser(ast, start) {
  let names = 0;
  const fresh = (letter) => `${letter}${names++}`;

  // Each writer gives statements that move the variable `at` forward, or set it to -1.
  const write = {
    group: (node, at) => emit(node.expression, at),
    named: (node, at) => emit(node.expression, at),
    rule_ref: (node, at) => `${at} = ${ruleName(node.name)}(${at});`,
    literal(node, at) {
      refuseIf(node.ignoreCase, "a literal that ignores case");
      const same = [...node.value].map((char, i) => `input.charCodeAt(${at} + ${i}) === ${char.charCodeAt(0)}`);
      return `if (${same.join(" && ") || true}) ${at} += ${node.value.length}; else ${at} = -1;`;
    },
    class(node, at) {
      const code = fresh("c");
      return `{ const ${code} = input.charCodeAt(${at});
        if (${at} < length && ${within(node, code)}) ${at}++; else ${at} = -1; }`;
    },
    any: (_node, at) => `if (${at} < length) ${at}++; else ${at} = -1;`,
    sequence(node, at) {
      const done = fresh("L");
      return `${done}: { ${node.elements.map((part) => emit(part, at)).join(` if (${at} < 0) break ${done};\n`)} }`;
    },
    choice(node, at) {
      const [done, from] = [fresh("L"), fresh("s")];
      const tries = node.alternatives.map((part) => emit(part, at));
      return `${done}: { const ${from} = ${at};
        ${tries.join(` if (${at} >= 0) break ${done};\n${at} = ${from};`)} }`;
    },
    optional(node, at) {
      const from = fresh("s");
      return `{ const ${from} = ${at}; ${emit(node.expression, at)} if (${at} < 0) ${at} = ${from}; }`;
    },
    zero_or_more: (node, at) => loop(node.expression, at),
    one_or_more(node, at) {
      const from = fresh("s");
      return `{ const ${from} = ${at}; ${loop(node.expression, at)} if (${at} === ${from}) ${at} = -1; }`;
    },
    simple_and: (node, at) => look(node, at, "<"),
    simple_not: (node, at) => look(node, at, ">="),
    semantic_and: (node, at) => `if (!(() => {${spans(node.code, at, at)}})()) ${at} = -1;`,
    action(node, at) {
      const from = fresh("s");
      return `{ const ${from} = ${at}; ${emit(node.expression, at)}
        if (${at} >= 0) {${spans(node.code, from, at)}} }`;
    },
  };

  function emit(node, at) {
    const writer = Object.hasOwn(write, node.type) ? write[node.type] : undefined;
    refuseIf(!writer, node.type);
    return writer(node, at);
  }

  function loop(node, at) {
    if (node.type === "class") {
      const code = fresh("c");
      return `for (; ${at} < length; ${at}++) {
        const ${code} = input.charCodeAt(${at}); if (!${within(node, code)}) break; }`;
    }
    const next = fresh("n");
    return `for (;;) { let ${next} = ${at}; ${emit(node, next)} if (${next} <= ${at}) break; ${at} = ${next}; }`;
  }

  function look(node, at, fails) {
    const ahead = fresh("n");
    return `{ let ${ahead} = ${at}; ${emit(node.expression, ahead)} if (${ahead} ${fails} 0) ${at} = -1; }`;
  }

  refuseIf(ast.topLevelInitializer, "a top-level initializer");
  const setUp = [ast.initializer ?? []].flat().map((part) => part.code);
  const rules = ast.rules.map(
    (rule) => `function ${ruleName(rule.name)}(p) {\n${emit(rule.expression, "p")}\nreturn p; }`,
  );
  return `export function parse(input, options) {
const length = input.length;
${setUp.join("\n")}
${rules.join("\n")}
return ${ruleName(start)}(0);
}
`;
}

const ruleName = (name) => `match${name}`;

function within(node, code) {
  refuseIf(node.ignoreCase || node.unicode, "a class that ignores case or is unicode");
  const tests = node.parts.map((part) => {
    refuseIf(typeof part !== "string" && !Array.isArray(part), "a class escape");
    if (typeof part === "string") return `${code} === ${part.charCodeAt(0)}`;
    return `(${code} >= ${part[0].charCodeAt(0)} && ${code} <= ${part[1].charCodeAt(0)})`;
  });
  return `${node.inverted ? "!" : ""}(${tests.join(" || ") || false})`;
}

/** Peggy's location functions, as the recogniser's variables. */
function spans(code, start, end) {
  const known = code.replaceAll("range().start", start).replaceAll("range().end", end).replaceAll("offset()", start);
  refuseIf(/\b(range|offset|location|text|expected|error)\(/.test(known), `the action {${code}}`);
  return known;
}

function refuseIf(unknown, what) {
  if (unknown) throw new Error(`the recogniser does not know ${what}`);
}
