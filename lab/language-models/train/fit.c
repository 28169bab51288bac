/*
 * Training of one language model with interchange interventions. Python calls `fit`; check.py holds `loss_of` and its gradient against PyTorch's.
 * Built with: cc -O3 -march=native -ffast-math -shared -fPIC fit.c -o fit.so -lm
 *
 * Rows are positions of sequences, one after the other without padding. A row looks at rows from `from` to before `to`, and at itself. Behind the rows of the
 * text stand changed ones, which exist from block `held` on: each is the last row of a base with the stream of the last row of its source. As it is the last,
 * it changes no other row.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { T = 24, PAIRS = 16, OTHERS = 6, SEQUENCES = 2 * PAIRS + OTHERS, R = SEQUENCES * T + PAIRS };
/* largest sizes; widths are multiples of 16 */
enum { D = 64, H = 4, LAYERS = 4, V = 256, LOSSES = SEQUENCES + 3 * PAIRS };

typedef struct { int rotary, d, layers, heads, held, vocabulary; } Config;
typedef struct { int ln1w, ln1b, qkv, qkvb, o, ob, ln2w, ln2b, in, inb, out, outb; } Layer;
typedef struct { int embed, position, unembed, lnw, lnb, count; Layer layer[LAYERS]; } Places;

/* The same order as in `table` of fit.py. */
static Places places(const Config *c) {
  Places p;
  int at = 0, d = c->d;
  p.embed = at, at += c->vocabulary * d;
  p.position = p.unembed = at;
  at += (c->rotary ? c->vocabulary : T) * d;
  if (!c->rotary) p.unembed = p.embed;
  p.lnw = at, at += d;
  p.lnb = at, at += d;
  for (int i = 0; i < c->layers; i++) {
    Layer *l = &p.layer[i];
    l->ln1w = at, at += d;
    l->ln1b = at, at += d;
    l->qkv = at, at += d * 3 * d;
    l->qkvb = at, at += 3 * d;
    l->o = at, at += d * d;
    l->ob = at, at += d;
    l->ln2w = at, at += d;
    l->ln2b = at, at += d;
    l->in = at, at += d * 4 * d;
    l->inb = at, at += 4 * d;
    l->out = at, at += 4 * d * d;
    l->outb = at, at += d;
  }
  p.count = at;
  return p;
}
int parameters(const Config *c) { return places(c).count; }

typedef struct {
  int rows, text_rows;
  int token[R], position[R], from[R], to[R];
  /* rows whose answers count: their row, the right token, weight */
  int losses, at[LOSSES], right[LOSSES], kind[LOSSES];
  float weight[LOSSES];
  /* of each changed row, the row whose stream it takes */
  int source[PAIRS];
} Batch;

/* y[rows][n] = x[rows][k] w[k][n], plus b, plus what is there */
static void multiply(float *restrict y, const float *restrict x, const float *restrict w, const float *restrict b, int rows, int k, int n, int add) {
  for (int j0 = 0; j0 < n; j0 += 16)
    for (int r0 = 0; r0 < rows; r0 += 8) {
      float acc[8][16];
      int count = rows - r0 < 8 ? rows - r0 : 8;
      for (int r = 0; r < 8; r++)
        for (int j = 0; j < 16; j++) acc[r][j] = b ? b[j0 + j] : 0;
      if (count == 8) {
        const float *own = x + (size_t)r0 * k;
        for (int i = 0; i < k; i++)
          for (int r = 0; r < 8; r++)
            for (int j = 0; j < 16; j++) acc[r][j] += own[r * k + i] * w[(size_t)i * n + j0 + j];
      } else
        for (int r = 0; r < count; r++)
          for (int i = 0; i < k; i++)
            for (int j = 0; j < 16; j++) acc[r][j] += x[(size_t)(r0 + r) * k + i] * w[(size_t)i * n + j0 + j];
      for (int r = 0; r < count; r++)
        for (int j = 0; j < 16; j++) {
          float *to = &y[(size_t)(r0 + r) * n + j0 + j];
          *to = add ? *to + acc[r][j] : acc[r][j];
        }
    }
}

/* dw[k][n] += sum over rows of x[r][k] g[r][n] */
static void outer(float *restrict dw, float *restrict db, const float *restrict x, const float *restrict g, int rows, int k, int n) {
  for (int i0 = 0; i0 < k; i0 += 8)
    for (int j0 = 0; j0 < n; j0 += 16) {
      float acc[8][16] = {{0}};
      for (int r = 0; r < rows; r++)
        for (int i = 0; i < 8; i++)
          for (int j = 0; j < 16; j++) acc[i][j] += x[(size_t)r * k + i0 + i] * g[(size_t)r * n + j0 + j];
      for (int i = 0; i < 8; i++)
        for (int j = 0; j < 16; j++) dw[(size_t)(i0 + i) * n + j0 + j] += acc[i][j];
    }
  if (db)
    for (int r = 0; r < rows; r++)
      for (int j = 0; j < n; j++) db[j] += g[(size_t)r * n + j];
}

static float turned[V * D > 4 * D * D ? V * D : 4 * D * D];
/* y[rows][k] = g[rows][n] w[k][n]' */
static void back(float *y, const float *g, const float *w, int rows, int k, int n, int add) {
  for (int i = 0; i < k; i++)
    for (int j = 0; j < n; j++) turned[j * k + i] = w[(size_t)i * n + j];
  multiply(y, g, turned, 0, rows, n, k, add);
}

typedef struct { float normed[R * D], scaled[R * D], spread[R]; } Norm;

static void norm(Norm *n, const float *x, const float *w, const float *b, int rows, int d) {
  for (int r = 0; r < rows; r++) {
    const float *own = x + r * d;
    float mean = 0, square = 0;
    for (int i = 0; i < d; i++) mean += own[i];
    mean /= d;
    for (int i = 0; i < d; i++) square += (own[i] - mean) * (own[i] - mean);
    float s = n->spread[r] = 1 / sqrtf(square / d + 1e-5f);
    for (int i = 0; i < d; i++) {
      float z = n->normed[r * d + i] = (own[i] - mean) * s;
      n->scaled[r * d + i] = z * w[i] + b[i];
    }
  }
}

/* dx += what dy, on the scaled, comes to */
static void norm_back(float *dx, const float *dy, const Norm *n, const float *w, float *dw, float *db, int rows, int d) {
  for (int r = 0; r < rows; r++) {
    const float *g = dy + r * d, *z = n->normed + r * d;
    float sum = 0, along = 0;
    for (int i = 0; i < d; i++) {
      float u = g[i] * w[i];
      sum += u, along += u * z[i];
      dw[i] += g[i] * z[i], db[i] += g[i];
    }
    sum /= d, along /= d;
    for (int i = 0; i < d; i++) dx[r * d + i] += n->spread[r] * (g[i] * w[i] - sum - z[i] * along);
  }
}

/* Rotary positions on the first half of a head's features, in halves as Hugging Face has them; sign -1 turns back. */
static void rotate(float *x, const int *position, int rows, int stride, int heads, int k, float sign) {
  int count = k / 2, half = count / 2;
  static float cosine[T][D], sine[T][D];
  static int known;
  if (known != count) {
    for (int t = 0; t < T; t++)
      for (int i = 0; i < half; i++) {
        double angle = t / pow(10000, 2.0 * i / count);
        cosine[t][i] = cos(angle), sine[t][i] = sin(angle);
      }
    known = count;
  }
  for (int r = 0; r < rows; r++)
    for (int h = 0; h < heads; h++)
      for (int i = 0; i < half; i++) {
        float *a = x + (size_t)r * stride + h * k + i, *b = a + half, c = cosine[position[r]][i], s = sign * sine[position[r]][i];
        float u = *a * c - *b * s, v = *b * c + *a * s;
        *a = u, *b = v;
      }
}

typedef struct {
  float in[R * D], qkv[R * 3 * D], z[R * D], pattern[R][H][T + 1], before[R * 4 * D], after[R * 4 * D];
  Norm ln1, ln2;
} Block;
static Block block[LAYERS];
static float stream[R * D], logits[LOSSES * V], chosen[LOSSES * D];
static Norm last;

static inline float gelu(float x, int exact) {
  if (exact) return 0.5f * x * (1 + erff(x * 0.70710678f));
  return 0.5f * x * (1 + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
}
static inline float gelu_slope(float x, int exact) {
  if (exact) return 0.5f * (1 + erff(x * 0.70710678f)) + x * 0.39894228f * expf(-0.5f * x * x);
  float t = tanhf(0.79788456f * (x + 0.044715f * x * x * x));
  return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * 0.79788456f * (1 + 3 * 0.044715f * x * x);
}

static void attend(const Config *c, Block *b, const Batch *batch, int rows) {
  int d = c->d, k = d / c->heads;
  float scale = 1 / sqrtf(k);
  if (c->rotary) {
    rotate(b->qkv, batch->position, rows, 3 * d, c->heads, k, 1);
    rotate(b->qkv + d, batch->position, rows, 3 * d, c->heads, k, 1);
  }
  for (int r = 0; r < rows; r++)
    for (int h = 0; h < c->heads; h++) {
      const float *q = b->qkv + (size_t)r * 3 * d + h * k;
      float *p = b->pattern[r][h], top = -1e30f, sum = 0, *z = b->z + r * d + h * k;
      int n = batch->to[r] - batch->from[r];
      for (int i = 0; i <= n; i++) {
        const float *key = b->qkv + (size_t)(i < n ? batch->from[r] + i : r) * 3 * d + d + h * k;
        float s = 0;
        for (int j = 0; j < k; j++) s += q[j] * key[j];
        p[i] = s * scale;
        if (p[i] > top) top = p[i];
      }
      for (int i = 0; i <= n; i++) sum += p[i] = expf(p[i] - top);
      for (int j = 0; j < k; j++) z[j] = 0;
      for (int i = 0; i <= n; i++) {
        const float *v = b->qkv + (size_t)(i < n ? batch->from[r] + i : r) * 3 * d + 2 * d + h * k;
        p[i] /= sum;
        for (int j = 0; j < k; j++) z[j] += p[i] * v[j];
      }
    }
}

static void attend_back(const Config *c, const Block *b, const Batch *batch, const float *dz, float *dqkv, int rows) {
  int d = c->d, k = d / c->heads;
  float scale = 1 / sqrtf(k), dp[T + 1];
  memset(dqkv, 0, sizeof(float) * rows * 3 * d);
  for (int r = 0; r < rows; r++)
    for (int h = 0; h < c->heads; h++) {
      const float *g = dz + r * d + h * k, *p = b->pattern[r][h], *q = b->qkv + (size_t)r * 3 * d + h * k;
      float mean = 0, *dq = dqkv + (size_t)r * 3 * d + h * k;
      int n = batch->to[r] - batch->from[r];
      for (int i = 0; i <= n; i++) {
        size_t at = (size_t)(i < n ? batch->from[r] + i : r) * 3 * d + h * k;
        const float *v = b->qkv + at + 2 * d;
        float *dv = dqkv + at + 2 * d, s = 0;
        for (int j = 0; j < k; j++) s += g[j] * v[j], dv[j] += p[i] * g[j];
        dp[i] = s, mean += s * p[i];
      }
      for (int i = 0; i <= n; i++) {
        size_t at = (size_t)(i < n ? batch->from[r] + i : r) * 3 * d + h * k;
        const float *key = b->qkv + at + d;
        float s = p[i] * (dp[i] - mean) * scale, *dk = dqkv + at + d;
        for (int j = 0; j < k; j++) dq[j] += s * key[j], dk[j] += s * q[j];
      }
    }
  if (c->rotary) {
    rotate(dqkv, batch->position, rows, 3 * d, c->heads, k, -1);
    rotate(dqkv + d, batch->position, rows, 3 * d, c->heads, k, -1);
  }
}

static void forward(const Config *c, const Places *p, const float *w, const Batch *batch) {
  int d = c->d;
  for (int r = 0; r < batch->text_rows; r++)
    for (int i = 0; i < d; i++)
      stream[r * d + i] = w[p->embed + batch->token[r] * d + i] + (c->rotary ? 0 : w[p->position + batch->position[r] * d + i]);
  for (int i = 0; i < c->layers; i++) {
    Block *b = &block[i];
    const Layer *l = &p->layer[i];
    int rows = i < c->held ? batch->text_rows : batch->rows;
    if (i == c->held)
      for (int r = batch->text_rows; r < rows; r++)
        memcpy(stream + r * d, stream + batch->source[r - batch->text_rows] * d, sizeof(float) * d);
    memcpy(b->in, stream, sizeof(float) * rows * d);
    norm(&b->ln1, stream, w + l->ln1w, w + l->ln1b, rows, d);
    multiply(b->qkv, b->ln1.scaled, w + l->qkv, w + l->qkvb, rows, d, 3 * d, 0);
    attend(c, b, batch, rows);
    multiply(stream, b->z, w + l->o, w + l->ob, rows, d, d, 1);
    norm(&b->ln2, c->rotary ? b->in : stream, w + l->ln2w, w + l->ln2b, rows, d);
    multiply(b->before, b->ln2.scaled, w + l->in, w + l->inb, rows, d, 4 * d, 0);
    if (c->rotary)
      for (int j = 0; j < rows * 4 * d; j++) b->after[j] = gelu(b->before[j], 1);
    else
      for (int j = 0; j < rows * 4 * d; j++) b->after[j] = gelu(b->before[j], 0);
    multiply(stream, b->after, w + l->out, w + l->outb, rows, 4 * d, d, 1);
  }
  for (int n = 0; n < batch->losses; n++) memcpy(chosen + n * d, stream + batch->at[n] * d, sizeof(float) * d);
  norm(&last, chosen, w + p->lnw, w + p->lnb, batch->losses, d);
  back(logits, last.scaled, w + p->unembed, batch->losses, c->vocabulary, d, 0);
}

/* Losses by kind (answers, after the interchange, language); g is added to where given. */
static void loss_and_gradient(const Config *c, const Places *p, const float *w, const Batch *batch, float *losses, float *g) {
  static float dx[R * D], wide[R * 4 * D], narrow[R * D];
  int d = c->d, v = c->vocabulary;
  forward(c, p, w, batch);
  for (int n = 0; n < batch->losses; n++) {
    float *own = logits + n * v, top = -1e30f, sum = 0;
    for (int i = 0; i < v; i++) if (own[i] > top) top = own[i];
    for (int i = 0; i < v; i++) sum += expf(own[i] - top);
    losses[batch->kind[n]] += batch->weight[n] * (top + logf(sum) - own[batch->right[n]]);
    float weight = batch->weight[n] * (batch->kind[n] == 2 ? 0.5f : 1);
    for (int i = 0; i < v; i++) own[i] = weight * expf(own[i] - top) / sum;
    own[batch->right[n]] -= weight;
  }
  if (!g) return;
  /* d(unembed[v][d]) = logits' scaled */
  outer(g + p->unembed, 0, logits, last.scaled, batch->losses, v, d);
  multiply(narrow, logits, w + p->unembed, 0, batch->losses, v, d, 0);
  float *chosen_back = wide;
  memset(chosen_back, 0, sizeof(float) * batch->losses * d);
  norm_back(chosen_back, narrow, &last, w + p->lnw, g + p->lnw, g + p->lnb, batch->losses, d);
  memset(dx, 0, sizeof(float) * batch->rows * d);
  for (int n = 0; n < batch->losses; n++)
    for (int i = 0; i < d; i++) dx[batch->at[n] * d + i] += chosen_back[n * d + i];
  for (int i = c->layers - 1; i >= 0; i--) {
    Block *b = &block[i];
    const Layer *l = &p->layer[i];
    int rows = i < c->held ? batch->text_rows : batch->rows;
    static float into[R * D];
    memcpy(into, dx, sizeof(float) * rows * d);
    outer(g + l->out, g + l->outb, b->after, dx, rows, 4 * d, d);
    back(wide, dx, w + l->out, rows, 4 * d, d, 0);
    if (c->rotary)
      for (int j = 0; j < rows * 4 * d; j++) wide[j] *= gelu_slope(b->before[j], 1);
    else
      for (int j = 0; j < rows * 4 * d; j++) wide[j] *= gelu_slope(b->before[j], 0);
    outer(g + l->in, g + l->inb, b->ln2.scaled, wide, rows, d, 4 * d);
    back(narrow, wide, w + l->in, rows, d, 4 * d, 0);
    norm_back(into, narrow, &b->ln2, w + l->ln2w, g + l->ln2w, g + l->ln2b, rows, d);
    /* `into` is the gradient at the stream between attention and MLP; in parallel blocks attention adds to the block's end */
    const float *after_attention = c->rotary ? dx : into;
    outer(g + l->o, g + l->ob, b->z, after_attention, rows, d, d);
    back(narrow, after_attention, w + l->o, rows, d, d, 0);
    attend_back(c, b, batch, narrow, wide, rows);
    outer(g + l->qkv, g + l->qkvb, b->ln1.scaled, wide, rows, d, 3 * d);
    back(narrow, wide, w + l->qkv, rows, d, 3 * d, 0);
    norm_back(into, narrow, &b->ln1, w + l->ln1w, g + l->ln1w, g + l->ln1b, rows, d);
    memcpy(dx, into, sizeof(float) * rows * d);
    if (i == c->held)
      for (int r = batch->text_rows; r < rows; r++)
        for (int j = 0; j < d; j++) dx[batch->source[r - batch->text_rows] * d + j] += dx[r * d + j];
  }
  for (int r = 0; r < batch->text_rows; r++)
    for (int i = 0; i < d; i++) {
      g[p->embed + batch->token[r] * d + i] += dx[r * d + i];
      if (!c->rotary) g[p->position + batch->position[r] * d + i] += dx[r * d + i];
    }
}

/* Sentences drawn once: tokens [count][2][T], ends [count][2], answers [count][2], what is right after the interchange [count]; others [count][T]. 0 is padding. */
typedef struct { int pairs, others; const int32_t *text, *end, *answer, *target, *other; } Pool;

static void add_sequence(Batch *b, const int32_t *text) {
  int from = b->text_rows;
  for (int t = 0; t < T && (t == 0 || text[t] != 0); t++) {
    int r = b->text_rows++;
    b->token[r] = text[t], b->position[r] = t, b->from[r] = from, b->to[r] = r;
  }
}
static void add_loss(Batch *b, int row, int right, int kind, float weight) {
  int n = b->losses++;
  b->at[n] = row, b->right[n] = right, b->kind[n] = kind, b->weight[n] = weight;
}

static uint64_t state;
static uint32_t draw(uint32_t below) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)((state >> 32) * below >> 32);
}

static void make(Batch *b, const Pool *pool, const int *pairs, const int *others) {
  int start[SEQUENCES + 1];
  memset(b, 0, sizeof *b);
  for (int n = 0; n < PAIRS; n++)
    for (int j = 0; j < 2; j++) {
      start[2 * n + j] = b->text_rows;
      add_sequence(b, pool->text + (2 * pairs[n] + j) * T);
      add_loss(b, start[2 * n + j] + pool->end[2 * pairs[n] + j], pool->answer[2 * pairs[n] + j], 0, 1.0f / (2 * PAIRS));
    }
  for (int n = 0; n < OTHERS; n++) start[2 * PAIRS + n] = b->text_rows, add_sequence(b, pool->other + others[n] * T);
  start[SEQUENCES] = b->text_rows;
  /* of every sequence another position: the language */
  for (int n = 0; n < SEQUENCES; n++) {
    int row = start[n] + draw(start[n + 1] - start[n] - 1);
    add_loss(b, row, b->token[row + 1], 2, 1.0f / SEQUENCES);
  }
  b->rows = b->text_rows;
  for (int n = 0; n < PAIRS; n++) {
    const int32_t *end = pool->end + 2 * pairs[n];
    int r = b->rows++, base = start[2 * n];
    b->position[r] = end[0], b->from[r] = base, b->to[r] = base + end[0];
    b->source[n] = start[2 * n + 1] + end[1];
    add_loss(b, r, pool->target[pairs[n]], 1, 1.0f / PAIRS);
  }
}

/* For check.py: the batch of the pool's first sequences, with language read where `seed` says. */
void loss_of(const Config *c, const Pool *pool, const float *w, uint64_t seed, float *losses, float *gradient, int32_t *read) {
  static Batch batch;
  int pairs[PAIRS], others[OTHERS];
  Places p = places(c);
  state = seed;
  for (int i = 0; i < PAIRS; i++) pairs[i] = i;
  for (int i = 0; i < OTHERS; i++) others[i] = i;
  make(&batch, pool, pairs, others);
  for (int n = 0; n < SEQUENCES; n++) read[n] = batch.position[batch.at[2 * PAIRS + n]];
  loss_and_gradient(c, &p, w, &batch, losses, gradient);
}

/* Steps of AdamW from `first` on of `all`; w, m and v are [parameters]. losses: means over these steps. */
void fit(const Config *c, const Pool *pool, float *w, float *m, float *v, int first, int steps, int all, float rate, uint64_t seed, float *losses) {
  static float g[V * D * 2 + T * D + LAYERS * (12 * D * D + 13 * D) + 2 * D];
  static Batch batch;
  Places p = places(c);
  state = seed * 2654435761u + 88172645463325252ull + (uint64_t)first * 1442695040888963407ull;
  losses[0] = losses[1] = losses[2] = 0;
  for (int i = 0; i < 8; i++) draw(2);
  for (int step = first; step < first + steps; step++) {
    int pairs[PAIRS], others[OTHERS];
    for (int i = 0; i < PAIRS; i++) pairs[i] = draw(pool->pairs);
    for (int i = 0; i < OTHERS; i++) others[i] = draw(pool->others);
    make(&batch, pool, pairs, others);
    memset(g, 0, sizeof(float) * p.count);
    loss_and_gradient(c, &p, w, &batch, losses, g);
    float square = 0, share = (float)step / all;
    for (int i = 0; i < p.count; i++) square += g[i] * g[i];
    float clip = square > 1 ? 1 / sqrtf(square) : 1;
    float now = rate * (step < 100 ? (step + 1) / 100.0f : 1) * (share < 0.6f ? 1 : fmaxf(0.02f, (1 - share) / 0.4f));
    float c1 = 1 - powf(0.9f, step + 1), c2 = 1 - powf(0.98f, step + 1);
    for (int i = 0; i < p.count; i++) {
      float x = g[i] * clip;
      m[i] = 0.9f * m[i] + 0.1f * x;
      v[i] = 0.98f * v[i] + 0.02f * x * x;
      w[i] -= now * (m[i] / c1 / (sqrtf(v[i] / c2) + 1e-8f) + 0.01f * w[i]);
    }
  }
  for (int i = 0; i < 3; i++) losses[i] /= steps;
}

/* What is answered most on the pairs from `first` on: to the prompts [PAIRS][2], and to each base with its source's variable [PAIRS]. */
void answers_of(const Config *c, const Pool *pool, const float *w, int first, int32_t *own, int32_t *after) {
  static Batch batch;
  int pairs[PAIRS], others[OTHERS];
  Places p = places(c);
  state = 1;
  for (int i = 0; i < PAIRS; i++) pairs[i] = first + i;
  for (int i = 0; i < OTHERS; i++) others[i] = i;
  make(&batch, pool, pairs, others);
  forward(c, &p, w, &batch);
  for (int n = 0; n < batch.losses; n++) {
    int best = 0;
    for (int i = 0; i < c->vocabulary; i++)
      if (logits[n * c->vocabulary + i] > logits[n * c->vocabulary + best]) best = i;
    if (batch.kind[n] == 0) own[n] = best;
    if (batch.kind[n] == 1) after[n - 2 * PAIRS - SEQUENCES] = best;
  }
}
