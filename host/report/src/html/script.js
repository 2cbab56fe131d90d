(() => {
  "use strict";
  const list = document.getElementById("list");
  const rows = [...list.children].map((node, place) => {
    const cells = node.firstElementChild.children;
    const number = (cell) => Number.parseInt(cell.textContent, 10) || 0;
    return {
      node, place,
      g: Number(node.dataset.g), n: cells[1].textContent, s: cells[2].textContent,
      m: number(cells[3]), f: number(cells[4]), u: number(cells[5]),
      text: (cells[0].textContent + " " + cells[1].textContent + " " + cells[2].textContent).toLowerCase(),
      updates: node.dataset.u ? node.dataset.u.split(" ") : [],
    };
  });

  // The page of a machine is one text until it is opened.
  const fill = (node) => {
    const closed = node.querySelector(":scope > noscript");
    if (closed) {
      const page = document.createElement("template");
      page.innerHTML = closed.textContent;
      closed.replaceWith(page.content);
    }
  };
  list.addEventListener("toggle", (event) => {
    if (event.target.parentNode === list && event.target.open) fill(event.target);
  }, true);
  list.addEventListener("pointerdown", (event) => {
    const summary = event.target.closest("#list > details > summary");
    if (summary) fill(summary.parentNode);
  });
  if (rows.length === 1) rows[0].node.open = true;
  for (const row of rows) if (row.node.open) fill(row.node);

  const element = (name, properties) => Object.assign(document.createElement(name), properties);
  const tools = (name) => document.querySelector(`.tools[data-filter="${name}"]`);

  // Tables: the first rows, a filter, and headings that sort.
  const FIRST = 10;
  for (const name of ["updates", "settings"]) {
    const table = document.querySelector(`#${name} table`);
    if (!table) continue;
    const body = table.tBodies[0];
    const search = element("input", { type: "search", placeholder: "Filter", ariaLabel: `Filter ${name}` });
    const all = element("button", { type: "button", className: "all", textContent: `Show all ${body.rows.length}` });
    const show = () => {
      const wanted = search.value.toLowerCase();
      const few = all.isConnected && wanted === "";
      [...body.rows].forEach((row, place) => {
        row.hidden = few ? place >= FIRST : !row.textContent.toLowerCase().includes(wanted);
      });
    };
    search.addEventListener("input", show);
    all.addEventListener("click", () => {
      all.remove();
      show();
    });
    if (body.rows.length > FIRST + 2) {
      tools(name).append(search);
      table.parentNode.after(all);
      show();
    }
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const key = (row) => {
        const cell = row.cells[column];
        return cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
      };
      sortable(head, head.classList.contains("number"), (down) => {
        body.append(...[...body.rows].sort((a, b) => compare(key(a), key(b)) * (down ? -1 : 1)));
        show();
      });
    });
  }

  function compare(a, b) {
    return typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true });
  }

  // Makes a heading a button. `sort` is told whether the largest comes first.
  function sortable(head, downFirst, sort) {
    const button = element("button", { type: "button", textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const first = downFirst ? "descending" : "ascending";
      const other = downFirst ? "ascending" : "descending";
      const order = head.ariaSort === first ? other : first;
      for (const sibling of head.parentNode.children) sibling.ariaSort = null;
      head.ariaSort = order;
      sort(order === "descending");
    });
  }

  // The list of machines.
  const shown = document.getElementById("shown");
  if (!shown) return;
  const search = element("input", { type: "search", placeholder: "Filter by name, system or grade", ariaLabel: "Filter computers" });
  const which = element("select", { ariaLabel: "Grade" });
  const words = ["severe risk", "potential risk", "incomplete scan", "security FYI", "strong security"];
  which.append(element("option", { value: "", textContent: "All grades" }));
  words.forEach((word, grade) => {
    if (rows.some((row) => row.g === grade)) which.append(element("option", { value: grade, textContent: word }));
  });
  const clear = element("button", { type: "button", textContent: "Show all", hidden: true });
  tools("computers").append(search, which, clear);
  let updates = [];
  let updateName = "";
  const filter = () => {
    const wanted = search.value.toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = (wanted === "" || row.text.includes(wanted))
        && (which.value === "" || row.g === Number(which.value))
        && (updates.length === 0 || updates.some((update) => row.updates.includes(update)));
      row.node.hidden = !fits;
      count += fits;
    }
    const all = rows.length.toLocaleString("en");
    const lacking = updates.length === 0 ? "" : `, without ${updateName}`;
    shown.textContent = count === rows.length ? all : `${count.toLocaleString("en")} of ${all}${lacking}`;
    clear.hidden = count === rows.length;
  };
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 80);
  });
  which.addEventListener("change", filter);
  clear.addEventListener("click", () => {
    search.value = which.value = "";
    updates = [];
    filter();
  });
  for (const head of document.querySelectorAll(".cols > [data-sort]")) {
    const by = head.dataset.sort;
    sortable(head, head.classList.contains("number"), (down) => {
      rows.sort((a, b) => compare(a[by], b[by]) * (down ? -1 : 1) || a.place - b.place);
      list.append(...rows.map((row) => row.node));
    });
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-update], a[data-machine]");
    if (!link) return;
    which.value = "";
    search.value = link.dataset.machine || "";
    updates = link.dataset.update ? link.dataset.update.split(" ") : [];
    if (updates.length > 0) {
      const row = link.closest("tr, li");
      const name = row.querySelector(".name, strong");
      updateName = name.textContent.replace(/^Install /, "").trim();
    }
    filter();
    const only = rows.filter((row) => !row.node.hidden);
    if (only.length === 1) {
      fill(only[0].node);
      only[0].node.open = true;
    }
  });
})();
