/** What the page can do beyond being read: sort, filter, choose. Without scripts it is whole, too: the script adds every control itself, and nothing is fetched. */
import { createHash } from 'node:crypto';

/**
 * Plain JavaScript of the page. It takes all that it shows from the page's own tables, and writes only text (`textContent`), so that no name can become markup.
 * Controls are those of the browser, with labels: they work by keyboard, and say to a screen reader what they are; what changed is said in a live region.
 */
export const script = `(function () {
  'use strict';
  var all = function (selector, from) { return Array.prototype.slice.call((from || document).querySelectorAll(selector)); };
  var make = function (name, text, attributes) {
    var made = document.createElement(name);
    if (text) made.textContent = text;
    Object.keys(attributes || {}).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    return made;
  };
  var count = 0;
  var labelled = function (text, control) {
    control.id = 'control' + ++count;
    var box = make('span', '', { 'class': 'control' });
    box.append(make('label', text, { 'for': control.id }), control);
    return box;
  };
  var choice = function (names) {
    var select = make('select');
    names.forEach(function (name, i) { select.append(make('option', name, { value: String(i) })); });
    return select;
  };
  var live = function () { return make('p', '', { role: 'status', 'class': 'muted' }); };

  var sections = all('section.check');
  var table = document.querySelector('main > .scroll table');
  if (table && sections.length > 1) {
    var rows = all('tbody tr', table).map(function (row, i) {
      return { row: row, section: sections[i], at: i, name: row.cells[0].textContent, status: row.cells[1].textContent.trim() };
    });
    var statuses = rows.map(function (one) { return one.status; }).filter(function (one, i, list) { return list.indexOf(one) === i; });
    var words = make('input', '', { type: 'search' });
    var status = choice(['all'].concat(statuses));
    var gate = choice(['all'].concat(rows.map(function (one) { return one.section.querySelector('h2').textContent; })));
    var said = live();
    // by keyboard, past the links of all rows
    var jump = make('a', 'Go to the first that is shown');
    var filter = function () {
      var wanted = words.value.toLowerCase();
      var only = Number(gate.value);
      var shown = rows.filter(function (one) {
        var fits = one.row.textContent.toLowerCase().indexOf(wanted) >= 0 &&
          (status.value === '0' || one.status === statuses[Number(status.value) - 1]);
        one.row.hidden = !fits;
        one.section.hidden = only > 0 ? one.at !== only - 1 : !fits;
        return fits;
      });
      var first = rows.filter(function (one) { return !one.section.hidden; })[0];
      jump.hidden = !first;
      if (first) jump.setAttribute('href', '#' + first.section.id);
      said.textContent = shown.length + ' of ' + rows.length + ' checks listed' + (only > 0 ? ', one shown: ' + gate.selectedOptions[0].textContent : '');
    };
    [words, status, gate].forEach(function (control) { control.addEventListener('input', filter); });
    var bar = make('div', '', { role: 'search', 'aria-label': 'Checks', 'class': 'controls' });
    bar.append(labelled('Filter', words), labelled('Status', status), labelled('Show', gate), jump, said);
    table.parentNode.before(bar);
    // a link to a check that is hidden shows it
    window.addEventListener('hashchange', function () {
      rows.forEach(function (one) {
        if (one.section.id !== location.hash.slice(1) || !one.section.hidden) return;
        gate.value = String(one.at + 1);
        filter();
        one.section.scrollIntoView();
      });
    });
    all('thead th', table).forEach(function (head, column) {
      var button = make('button', head.textContent, { type: 'button', title: 'Sort by this column' });
      head.textContent = '';
      head.append(button);
      button.addEventListener('click', function () {
        var up = head.getAttribute('aria-sort') !== 'ascending';
        all('thead th', table).forEach(function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        var sorted = rows.slice().sort(function (a, b) {
          var order = a.row.cells[column].textContent.localeCompare(b.row.cells[column].textContent, 'en', { numeric: true });
          return (up ? order : -order) || a.at - b.at;
        });
        table.tBodies[0].append.apply(table.tBodies[0], sorted.map(function (one) { return one.row; }));
        said.textContent = 'Sorted by ' + button.textContent + (up ? ', ascending' : ', descending');
      });
    });
    filter();
  }

  sections.forEach(function (section) {
    var numbers = section.querySelector('[id$="-heatmap"] pre.numbers');
    if (numbers) {
      var lines = numbers.textContent.trim().split('\\n').map(function (line) { return line.split(': '); });
      var names = ['b1'].concat(lines.map(function (line) { return line[0]; }));
      var distance = function (i, j) { return lines[Math.max(i, j) - 1][1].split(' ')[Math.min(i, j)]; };
      var first = choice(names);
      var second = choice(names);
      second.value = String(names.length - 1);
      var found = live();
      var tell = function () {
        var i = Number(first.value);
        var j = Number(second.value);
        var same = names[i].charAt(0) === names[j].charAt(0);
        if (i === j) { found.textContent = 'The same implementation.'; return; }
        var rest = [];
        names.forEach(function (a, k) {
          names.forEach(function (b, l) { if (l < k && (a.charAt(0) === b.charAt(0)) === same) rest.push(Number(distance(k, l))); });
        });
        var own = Number(distance(i, j));
        found.textContent = names[i] + ' and ' + names[j] + ' are ' + distance(i, j) + ' apart: farther than ' +
          rest.filter(function (other) { return other < own; }).length + ' of ' + rest.length + (same ? ' within-model' : ' cross-model') + ' distances.';
      };
      [first, second].forEach(function (control) { control.addEventListener('input', tell); });
      var pair = make('div', '', { role: 'group', 'aria-label': 'A pair of implementations', 'class': 'controls' });
      pair.append(labelled('Implementation', first), labelled('and', second), found);
      numbers.closest('figure').append(pair);
      tell();
    }
    var sites = section.querySelector('[id$="-sites"] table');
    if (sites) {
      var places = all('tbody tr', sites);
      var heads = all('thead th', sites).map(function (head) { return head.textContent; });
      var site = choice(places.map(function (row) { return row.cells[0].textContent; }));
      var there = live();
      var show = function () {
        places.forEach(function (row, i) { row.classList.toggle('chosen', i === Number(site.value)); });
        there.textContent = all('td', places[Number(site.value)]).map(function (cell, i) { return heads[i + 1] + ' ' + cell.textContent; }).join('; ');
      };
      site.addEventListener('input', show);
      var at = make('div', '', { role: 'group', 'aria-label': 'A site', 'class': 'controls' });
      at.append(labelled('Site', site), there);
      sites.closest('figure').append(at);
      show();
    }
  });
})();`;

/** The page's policy lets this one script run, by its digest, and no other. */
export const scriptSource = `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
